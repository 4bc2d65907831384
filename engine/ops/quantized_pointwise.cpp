// SPDX-License-Identifier: MIT
#include <array>

#include "engine/ops/broadcast.h"
#include "engine/ops/quantized.h"
#include "engine/ops/quantized_numbers.h"

namespace cnn {
namespace {

constexpr int64_t grain = 1 << 12;

using Table = std::array<uint8_t, 256>;

/// What every byte of `x` becomes by `function` in the numbers of `y`.
template <class Function>
Table table_of(const QuantizedScale& x, const QuantizedScale& y, Function&& function) {
  Table table;
  for (int32_t byte = 0; byte < 256; ++byte) {
    const uint8_t bits = static_cast<uint8_t>(byte);
    const float value = static_cast<float>(byte_at(&bits, x.type, 0) - x.zero()) * x.scale();
    store_byte(table.data(), byte, requantized(function(value) / y.scale(), y.zero(), y.type));
  }
  return table;
}

}  // namespace

Result<std::vector<TensorType>> QuantizedPairOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(a, quantized_input(inputs, 0, 1, 2, 0, "a"));
  CNN_TRY(b, quantized_input(inputs, 3, 4, 5, 0, "b"));
  CNN_TRY(type, quantized_output(inputs, 6, 7, a.dtype));
  CNN_TRY(shape, broadcast_shapes(a.shape, b.shape));
  if (b.dtype != a.dtype || type != a.dtype)
    return error(ErrorCode::InvalidModel, "a is ", to_string(a.dtype), ", b ", to_string(b.dtype), " and y ",
                 to_string(type));
  return std::vector<TensorType>{{type, std::move(shape)}};
}

Result<std::unique_ptr<Step>> QuantizedPairOp::plan(const PlanContext& context) const {
  const DataType type = context.outputs[0].dtype;
  return make_step([loop = broadcast_loop(context.outputs[0], std::array{*context.inputs[0], *context.inputs[3]}), type,
                    multiplies = multiplies_](const StepArguments& args) {
    const QuantizedScale a(args, 1, 2, type), b(args, 4, 5, type), y(args, 6, 7, type);
    const int32_t a_zero = a.zero(), b_zero = b.zero(), y_zero = y.zero();
    const float a_scale = a.scale(), b_scale = b.scale(), y_scale = y.scale(), product = a_scale * b_scale / y_scale;
    const void *left = args.input<void>(0), *right = args.input<void>(3);
    args.workers.parallel_for(loop.total(), grain, [&](int64_t begin, int64_t end) {
      loop.for_range(begin, end, [&](const ElementwiseLoop::Offsets& at, int64_t n) {
        for (int64_t i = 0; i < n; ++i) {
          const int32_t p = byte_at(left, type, at[1] + i * loop.inner_stride(1)) - a_zero;
          const int32_t q = byte_at(right, type, at[2] + i * loop.inner_stride(2)) - b_zero;
          const float value = multiplies
                                  ? static_cast<float>(p * q) * product
                                  : (static_cast<float>(p) * a_scale + static_cast<float>(q) * b_scale) / y_scale;
          store_byte(args.outputs[0], at[0] + i * loop.inner_stride(0), requantized(value, y_zero, type));
        }
      });
    });
  });
}

Result<std::vector<TensorType>> QuantizedUnaryOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(x, quantized_input(inputs, 0, 1, 2, 0, "x"));
  CNN_TRY(type, quantized_output(inputs, 3, 4, x.dtype));
  return std::vector<TensorType>{{type, x.shape}};
}

Result<std::unique_ptr<Step>> QuantizedUnaryOp::plan(const PlanContext& context) const {
  return make_step([from = context.inputs[0]->dtype, to = context.outputs[0].dtype, count = context.outputs[0].count(),
                    function = function_, alpha = alpha_](const StepArguments& args) {
    const Table table = table_of(QuantizedScale(args, 1, 2, from), QuantizedScale(args, 3, 4, to),
                                 [&](float x) { return function(x, alpha); });
    args.workers.parallel_for(count, grain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) args.output<uint8_t>(0)[i] = table[args.input<uint8_t>(0)[i]];
    });
  });
}

Result<std::vector<TensorType>> QuantizedConcatOp::infer(std::span<const InputInfo> inputs) const {
  if (inputs.size() < 5 || inputs.size() % 3 != 2)
    return error(ErrorCode::InvalidModel, inputs.size(), " inputs, two and three for each tensor are needed");
  CNN_TRY(first, quantized_input(inputs, 2, 3, 4, 0, "tensor 0"));
  CNN_TRY(type, quantized_output(inputs, 0, 1, first.dtype));
  CNN_TRY(axis, checked_axis(axis_, first.shape.size()));
  Shape shape = first.shape;
  for (int i = 5; i < static_cast<int>(inputs.size()); i += 3) {
    CNN_TRY(next, quantized_input(inputs, i, i + 1, i + 2, 0, "tensor " + std::to_string((i - 2) / 3)));
    Shape fitting = next.shape;
    if (fitting.size() == shape.size()) fitting[static_cast<size_t>(axis)] = shape[static_cast<size_t>(axis)];
    if (fitting != shape)
      return error(ErrorCode::InvalidModel, "tensors ", to_string(first.shape), " and ", to_string(next.shape),
                   " cannot be joined along axis ", axis);
    shape[static_cast<size_t>(axis)] += next.shape[static_cast<size_t>(axis)];
    CNN_CHECK(checked_element_count(shape));
  }
  return sized_output(type, std::move(shape));
}

Result<std::unique_ptr<Step>> QuantizedConcatOp::plan(const PlanContext& context) const {
  const TensorDesc& y = context.outputs[0];
  CNN_TRY(axis, checked_axis(axis_, y.shape.size()));
  struct Part {
    DataType type;
    int64_t run;  ///< bytes from one outer index to the next
  };
  std::vector<Part> parts;
  int64_t outer = 1, whole = 0;
  for (int i = 0; i < axis; ++i) outer *= y.shape[static_cast<size_t>(i)];
  for (size_t i = 2; i < context.inputs.size(); i += 3) {
    parts.push_back({context.inputs[i]->dtype, context.inputs[i]->count() / std::max<int64_t>(1, outer)});
    whole += parts.back().run;
  }
  return make_step([parts, outer, whole, type = y.dtype](const StepArguments& args) {
    int64_t offset = 0;
    for (size_t p = 0; p < parts.size(); ++p) {
      const int at = static_cast<int>(2 + 3 * p);
      const QuantizedScale x(args, at + 1, at + 2, parts[p].type), y(args, 0, 1, type);
      const bool same = x.type == y.type && x.scale() == y.scale() && x.zero() == y.zero();
      const Table table = table_of(x, y, [](float value) { return value; });
      const auto* from = args.input<uint8_t>(static_cast<size_t>(at));
      for (int64_t o = 0; o < outer; ++o) {
        const uint8_t* run = from + o * parts[p].run;
        uint8_t* to = args.output<uint8_t>(0) + o * whole + offset;
        if (same)
          std::copy_n(run, parts[p].run, to);
        else
          std::transform(run, run + parts[p].run, to, [&](uint8_t byte) { return table[byte]; });
      }
      offset += parts[p].run;
    }
  });
}

}  // namespace cnn
