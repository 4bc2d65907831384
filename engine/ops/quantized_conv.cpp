// SPDX-License-Identifier: MIT
#include "engine/ops/gemm_packed_input.h"
#include "engine/ops/quantized.h"
#include "engine/ops/quantized_numbers.h"

namespace cnn {
namespace {

/// Positions [first, last) of [0, out) whose tap `k` lies inside the input.
struct Inside {
  int64_t first, last;
  Inside(const PoolAxis& axis, int64_t k) {
    const int64_t offset = k * axis.dilation - axis.pad_begin;
    first = offset >= 0 ? 0 : (-offset + axis.stride - 1) / axis.stride;
    last = offset >= axis.in ? 0 : (axis.in - offset + axis.stride - 1) / axis.stride;
    last = std::min(last, axis.out);
  }
};

struct ConvPlan {
  QuantizedInputs at;
  PoolAxis axes[3];  ///< missing ones in front
  int64_t images = 1, channels = 1, filters = 1, groups = 1;
  DataType x_type{}, w_type{}, y_type{};
  bool w_scales = false, w_zeros = false;
  size_t x_scratch = 0, w_scratch = 0;

  static constexpr int64_t block = 64;
  int64_t image_size() const { return axes[0].in * axes[1].in * axes[2].in; }
  int64_t taps() const { return axes[0].kernel * axes[1].kernel * axes[2].kernel; }

  /// Sums of output positions [begin, begin + count) of row (oz, oy).
  void sum(const int16_t* image, const int16_t* weights, int64_t oz, int64_t oy, int64_t begin, int64_t count,
           uint32_t* sums) const {
    const PoolAxis &z = axes[0], &y = axes[1], &x = axes[2];
    for (int64_t c = 0; c < channels / groups; ++c)
      for (int64_t kz = z.first_tap(oz); kz < z.last_tap(oz); ++kz)
        for (int64_t ky = y.first_tap(oy); ky < y.last_tap(oy); ++ky) {
          const int64_t row = (z.start(oz) + kz * z.dilation) * y.in + y.start(oy) + ky * y.dilation;
          const int16_t* from = image + c * image_size() + row * x.in;
          const int16_t* taps_of_row = weights + c * taps() + (kz * y.kernel + ky) * x.kernel;
          for (int64_t kx = 0; kx < x.kernel; ++kx) {
            const Inside inside(x, kx);
            const int64_t first = std::max(begin, inside.first), last = std::min(begin + count, inside.last);
            const int32_t weight = taps_of_row[kx];
            const int64_t offset = kx * x.dilation - x.pad_begin;
            for (int64_t o = first; o < last; ++o)
              sums[o - begin] += static_cast<uint32_t>(weight * from[o * x.stride + offset]);
          }
        }
  }

  void run(const StepArguments& args) const {
    const QuantizedScale x(args, at.a_scale, at.a_zero, x_type);
    const QuantizedScale w(args, at.b_scale, at.b_zero, w_type, w_scales, w_zeros);
    const QuantizedScale y(args, at.y_scale, at.y_zero, y_type);
    const int32_t* bias = at.bias < 0 ? nullptr : args.input<int32_t>(static_cast<size_t>(at.bias));
    auto* wide_x = cnn::at<int16_t>(args.scratch, x_scratch);
    auto* wide_w = cnn::at<int16_t>(args.scratch, w_scratch);
    const void* raw_x = args.input<void>(static_cast<size_t>(at.a));
    const void* raw_w = args.input<void>(static_cast<size_t>(at.b));
    const int64_t filter_size = channels / groups * taps();
    for (int64_t i = 0, zero = x.zero(); i < images * channels * image_size(); ++i)
      wide_x[i] = static_cast<int16_t>(byte_at(raw_x, x_type, i) - zero);
    for (int64_t m = 0; m < filters; ++m)
      for (int64_t i = m * filter_size; i < (m + 1) * filter_size; ++i)
        wide_w[i] = static_cast<int16_t>(byte_at(raw_w, w_type, i) - w.zero(m));
    const int64_t rows = axes[0].out * axes[1].out;
    args.workers.parallel_for(images * filters * rows, 1, [&](int64_t begin, int64_t end) {
      for (int64_t line = begin; line < end; ++line) {
        const int64_t row = line % rows, m = line / rows % filters, n = line / rows / filters;
        const int64_t group = m / (filters / groups);
        const int16_t* image = wide_x + (n * channels + group * (channels / groups)) * image_size();
        for (int64_t first = 0; first < axes[2].out; first += block) {
          const int64_t count = std::min(block, axes[2].out - first);
          uint32_t sums[block] = {};  // wraps around
          sum(image, wide_w + m * filter_size, row / axes[1].out, row % axes[1].out, first, count, sums);
          const float scale = x.scale() * w.scale(m) / y.scale();
          for (int64_t i = 0; i < count; ++i) {
            const int64_t to = line * axes[2].out + first + i;
            const int32_t total = static_cast<int32_t>(sums[i] + static_cast<uint32_t>(bias ? bias[m] : 0));
            if (at.makes_integers())
              args.output<int32_t>(0)[to] = total;
            else
              store_byte(args.outputs[0], to, requantized(static_cast<float>(total) * scale, y.zero(), y_type));
          }
        }
      }
    });
  }
};

}  // namespace

Result<std::vector<TensorType>> QuantizedConvOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(weights, type_of_input(inputs, static_cast<size_t>(at_.b), "w"));
  if (weights.shape.size() < 3) return error(ErrorCode::InvalidModel, "weights are ", to_string(weights.shape));
  const int64_t filters = weights.shape[0], groups = attributes_.groups;
  CNN_TRY(x, quantized_input(inputs, at_.a, at_.a_scale, at_.a_zero, 0, "x"));
  CNN_TRY(w, quantized_input(inputs, at_.b, at_.b_scale, at_.b_zero, filters, "w"));
  CNN_TRY(spatial, attributes_.axes(x.shape, w.shape));
  if (groups < 1 || x.shape[1] % groups != 0 || filters % groups != 0 || w.shape[1] != x.shape[1] / groups)
    return error(ErrorCode::InvalidModel, "weights are ", to_string(w.shape), " in ", groups,
                 " groups but the input has ", x.shape[1], " channels");
  if (at_.bias >= 0 && is_present(inputs, static_cast<size_t>(at_.bias)) &&
      inputs[static_cast<size_t>(at_.bias)].type != TensorType{DataType::Int32, {filters}})
    return error(ErrorCode::InvalidModel, "bias is ", to_string(inputs[static_cast<size_t>(at_.bias)].type.dtype), " ",
                 to_string(inputs[static_cast<size_t>(at_.bias)].type.shape), ", int32 [", filters, "] is needed");
  Shape result{x.shape[0], filters};
  for (const PoolAxis& axis : spatial) result.push_back(axis.out);
  if (at_.makes_integers()) return sized_output(DataType::Int32, std::move(result));
  CNN_TRY(type, quantized_output(inputs, at_.y_scale, at_.y_zero, x.dtype));
  return sized_output(type, std::move(result));
}

int64_t QuantizedConvOp::macs(std::span<const InputInfo> inputs, std::span<const TensorType> outputs) const {
  const Shape& weights = inputs[static_cast<size_t>(at_.b)].type.shape;
  return weights[0] == 0 ? 0 : element_count(outputs[0].shape) * (element_count(weights) / weights[0]);
}

Result<std::unique_ptr<Step>> QuantizedConvOp::plan(const PlanContext& context) const {
  const TensorDesc &x = *context.inputs[static_cast<size_t>(at_.a)], &w = *context.inputs[static_cast<size_t>(at_.b)];
  CNN_TRY(spatial, attributes_.axes(x.shape, w.shape));
  ConvPlan plan;
  plan.at = at_;
  std::copy(spatial.begin(), spatial.end(), plan.axes + 3 - spatial.size());
  plan.images = x.shape[0];
  plan.channels = x.shape[1];
  plan.filters = w.shape[0];
  plan.groups = attributes_.groups;
  plan.x_type = x.dtype;
  plan.w_type = w.dtype;
  plan.y_type = context.outputs[0].dtype;
  plan.w_scales = has_many(context, at_.b_scale);
  plan.w_zeros = has_many(context, at_.b_zero);
  ScratchLayout scratch;
  plan.x_scratch = scratch.add(static_cast<size_t>(x.count()) * sizeof(int16_t));
  plan.w_scratch = scratch.add(static_cast<size_t>(w.count()) * sizeof(int16_t));
  return make_step([plan](const StepArguments& arguments) { plan.run(arguments); }, "int16", scratch.bytes());
}

}  // namespace cnn
