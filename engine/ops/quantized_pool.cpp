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

struct AverageWindow {
  const PoolGeometry& g;
  const void* x;
  DataType type;

  /// Sum of the window at (z, y, x) of a channel, each element less `zero`.
  int64_t sum(int64_t start, int64_t oz, int64_t oy, int64_t ox, int32_t zero) const {
    const PoolAxis &z = g.axes[0], &y = g.axes[1], &w = g.axes[2];
    int64_t total = 0;
    for (int64_t kz = z.first_tap(oz); kz < z.last_tap(oz); ++kz)
      for (int64_t ky = y.first_tap(oy); ky < y.last_tap(oy); ++ky)
        for (int64_t kx = w.first_tap(ox); kx < w.last_tap(ox); ++kx)
          total += byte_at(x, type,
                           start + (z.start(oz) + kz * z.dilation) * g.in_strides[2] +
                               (y.start(oy) + ky * y.dilation) * g.in_strides[3] +
                               (w.start(ox) + kx * w.dilation) * g.in_strides[4]) -
                   zero;
    return total;
  }
};

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
    const AverageWindow window{geometry, args.inputs[0], from};
    const PoolGeometry& g = geometry;
    const int32_t zero = x.zero();
    args.workers.parallel_for(g.batch * g.channels, 1, [&](int64_t begin, int64_t end) {
      for (int64_t plane = begin; plane < end; ++plane) {
        const int64_t n = plane / g.channels, c = plane % g.channels;
        for (int64_t oz = 0; oz < g.axes[0].out; ++oz)
          for (int64_t oy = 0; oy < g.axes[1].out; ++oy)
            for (int64_t ox = 0; ox < g.axes[2].out; ++ox) {
              const int64_t start = n * g.in_strides[0] + c * g.in_strides[1];
              const float divisor = static_cast<float>(g.divisor(oz, oy, ox));
              const int64_t sum = window.sum(start, oz, oy, ox, zero);
              const float scaled = static_cast<float>(sum) * (x.scale() / (y.scale() * divisor));
              store_byte(args.outputs[0],
                         n * g.out_strides[0] + c * g.out_strides[1] + oz * g.out_strides[2] + oy * g.out_strides[3] +
                             ox * g.out_strides[4],
                         requantized(scaled, y.zero(), to));
            }
      }
    });
  });
}

}  // namespace cnn
