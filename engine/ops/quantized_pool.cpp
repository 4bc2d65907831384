// SPDX-License-Identifier: MIT
#include "engine/ops/quantized.h"
#include "engine/ops/quantized_numbers.h"

namespace cnn {
namespace {

/// [n, spatial..., c] as [n, c, spatial...], and back.
Shape channels_first(Shape shape) {
  if (shape.size() > 2) std::rotate(shape.begin() + 1, shape.end() - 1, shape.end());
  return shape;
}
Shape channels_last(Shape shape) {
  if (shape.size() > 2) std::rotate(shape.begin() + 1, shape.begin() + 2, shape.end());
  return shape;
}

PoolGeometry geometry_of(const std::vector<PoolAxis>& axes, const TensorDesc& x, const TensorDesc& y) {
  PoolGeometry g;
  g.batch = x.shape[0];
  g.channels = x.shape[1];
  const Shape from = x.strides(), to = y.strides();
  for (int i = 0; i < 2; ++i) g.in_strides[i] = from[i], g.out_strides[i] = to[i];
  for (size_t i = 0; i < axes.size(); ++i) {
    const size_t at = PoolGeometry::axis_count - axes.size() + i;
    g.axes[at] = axes[i];
    g.in_strides[at + 2] = from[i + 2];
    g.out_strides[at + 2] = to[i + 2];
  }
  return g;
}

/// Channels that are summed together: beside one another in memory where the layout is ChannelsLast.
constexpr int64_t channels_at_once = 64;

/// Adds the window at (oz, oy, ox) to the sum of each of `channels` channels, the first of which begins at `x`.
template <class T>
void add_window(const PoolGeometry& g, const T* x, int64_t oz, int64_t oy, int64_t ox, int64_t channels,
                int64_t* sums) {
  const PoolAxis &z = g.axes[0], &y = g.axes[1], &w = g.axes[2];
  const int64_t step = g.in_strides[1];
  for (int64_t kz = z.first_tap(oz); kz < z.last_tap(oz); ++kz)
    for (int64_t ky = y.first_tap(oy); ky < y.last_tap(oy); ++ky)
      for (int64_t kx = w.first_tap(ox); kx < w.last_tap(ox); ++kx) {
        const T* pixel = x + (z.start(oz) + kz * z.dilation) * g.in_strides[2] +
                         (y.start(oy) + ky * y.dilation) * g.in_strides[3] +
                         (w.start(ox) + kx * w.dilation) * g.in_strides[4];
        if (step == 1)
          for (int64_t c = 0; c < channels; ++c) sums[c] += pixel[c];
        else
          for (int64_t c = 0; c < channels; ++c) sums[c] += pixel[c * step];
      }
}

template <class T>
void average(const PoolGeometry& g, const QuantizedScale& x, const QuantizedScale& y, int64_t image, int64_t channel,
             const StepArguments& args) {
  const int64_t channels = std::min(channels_at_once, g.channels - channel);
  const T* from = args.input<T>(0) + image * g.in_strides[0] + channel * g.in_strides[1];
  const int64_t to = image * g.out_strides[0] + channel * g.out_strides[1];
  for (int64_t oz = 0; oz < g.axes[0].out; ++oz)
    for (int64_t oy = 0; oy < g.axes[1].out; ++oy)
      for (int64_t ox = 0; ox < g.axes[2].out; ++ox) {
        int64_t sums[channels_at_once] = {};
        add_window(g, from, oz, oy, ox, channels, sums);
        int64_t inside = 1;
        const int64_t at[] = {oz, oy, ox};
        for (size_t i = 0; i < 3; ++i) inside *= g.axes[i].last_tap(at[i]) - g.axes[i].first_tap(at[i]);
        const float scale = x.scale() / (y.scale() * static_cast<float>(g.divisor(oz, oy, ox)));
        const int64_t pixel = to + oz * g.out_strides[2] + oy * g.out_strides[3] + ox * g.out_strides[4];
        for (int64_t c = 0; c < channels; ++c)
          store_byte(args.outputs[0], pixel + c * g.out_strides[1],
                     requantized(static_cast<float>(sums[c] - inside * x.zero()) * scale, y.zero(), y.type));
      }
}

}  // namespace

Result<std::vector<TensorType>> QuantizedPoolOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(x, quantized_input(inputs, 0, 1, 2, 0, "x"));
  CNN_TRY(type, quantized_output(inputs, 3, 4, x.dtype));
  const Shape shape = channels_last_ ? channels_first(x.shape) : x.shape;
  CNN_TRY(axes, window_.axes(shape));
  Shape result{shape[0], shape[1]};
  for (const PoolAxis& axis : axes) result.push_back(axis.out);
  return sized_output(type, channels_last_ ? channels_last(std::move(result)) : std::move(result));
}

Result<std::unique_ptr<Step>> QuantizedPoolOp::plan(const PlanContext& context) const {
  TensorDesc x = *context.inputs[0], y = context.outputs[0];
  if (channels_last_) {
    x.shape = channels_first(x.shape), x.layout = Layout::ChannelsLast;
    y.shape = channels_first(y.shape), y.layout = Layout::ChannelsLast;
  }
  CNN_TRY(axes, window_.axes(x.shape));
  PoolGeometry geometry = geometry_of(axes, x, y);
  geometry.count_include_pad = count_include_pad_;
  return make_step([geometry, from = x.dtype, to = y.dtype](const StepArguments& args) {
    const QuantizedScale x(args, 1, 2, from), y(args, 3, 4, to);
    const int64_t blocks = (geometry.channels + channels_at_once - 1) / channels_at_once;
    args.workers.parallel_for(geometry.batch * blocks, 1, [&](int64_t begin, int64_t end) {
      for (int64_t item = begin; item < end; ++item) {
        const int64_t image = item / blocks, channel = item % blocks * channels_at_once;
        from == DataType::Int8 ? average<int8_t>(geometry, x, y, image, channel, args)
                               : average<uint8_t>(geometry, x, y, image, channel, args);
      }
    });
  });
}

}  // namespace cnn
