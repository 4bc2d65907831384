// SPDX-License-Identifier: MIT
#include <array>

#include "engine/ops/broadcast.h"
#include "engine/ops/quantized.h"
#include "engine/ops/quantized_pair.h"
#include "engine/ops/quantized_table.h"

namespace cnn {
namespace {

constexpr int64_t grain = 1 << 12;

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
                    multiplies = multiplies_, bounds = bounds_](const StepArguments& args) {
    const QpairArguments numbers =
        numbers_of_pair(type, multiplies, {args, 1, 2, type}, {args, 4, 5, type}, {args, 6, 7, type}, bounds);
    const int64_t a_step = loop.inner_stride(1), b_step = loop.inner_stride(2);
    const bool in_one = a_step == 1 && (b_step == 0 || b_step == 1);
    args.workers.parallel_for(loop.total(), grain, [&](int64_t begin, int64_t end) {
      loop.for_range(begin, end, [&](const ElementwiseLoop::Offsets& at, int64_t n) {
        const auto* left = args.input<std::byte>(0) + at[1];
        const auto* right = args.input<std::byte>(3) + at[2];
        std::byte* to = args.output<std::byte>(0) + at[0];
        QpairArguments pairs = numbers;
        pairs.b_step = b_step;
        pairs.count = in_one ? n : 1;
        for (int64_t i = 0; i < (in_one ? 1 : n); ++i) {
          pairs.a = left + i * a_step, pairs.b = right + i * b_step, pairs.y = to + i;
          combine_qpairs(pairs);
        }
      });
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
      const ByteTable table = same ? ByteTable{} : table_of(x, y, [](float value) { return value; });
      const auto* from = args.input<uint8_t>(static_cast<size_t>(at));
      for (int64_t o = 0; o < outer; ++o) {
        const uint8_t* run = from + o * parts[p].run;
        uint8_t* to = args.output<uint8_t>(0) + o * whole + offset;
        if (same)
          std::copy_n(run, parts[p].run, to);
        else
          look_up_bytes(table.data(), run, to, parts[p].run);
      }
      offset += parts[p].run;
    }
  });
}

}  // namespace cnn
