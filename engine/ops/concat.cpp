// SPDX-License-Identifier: MIT
#include "engine/ops/concat.h"

#include "engine/ops/input_checks.h"
#include "engine/ops/make_op.h"
#include "engine/ops/strided_move.h"

namespace cnn {

Result<std::vector<TensorType>> ConcatOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(first, movable_input(inputs, 0, "inputs"));
  CNN_TRY(axis, checked_axis(axis_, first.shape.size()));
  Shape shape = first.shape;
  for (size_t i = 1; i < inputs.size(); ++i) {
    CNN_TRY(next, type_of_input(inputs, i, "inputs"));
    if (next.dtype != first.dtype)
      return error(ErrorCode::InvalidModel, "input ", i, " is ", to_string(next.dtype), " but input 0 is ",
                   to_string(first.dtype));
    bool fits = next.shape.size() == shape.size();
    for (size_t k = 0; fits && k < shape.size(); ++k)
      fits = static_cast<int>(k) == axis || next.shape[k] == shape[k];
    if (!fits)
      return error(ErrorCode::InvalidModel, "input ", i, " ", to_string(next.shape), " cannot be joined to ",
                   to_string(first.shape), " along axis ", axis);
    shape[axis] += next.shape[axis];
    CNN_CHECK(checked_element_count(shape));
  }
  return sized_output(first.dtype, std::move(shape));
}

Result<std::unique_ptr<Step>> ConcatOp::plan(const PlanContext& context) const {
  const TensorDesc& to = context.outputs[0];
  const Shape target = to.strides();
  CNN_TRY(axis, checked_axis(axis_, to.shape.size()));
  std::vector<StridedMove> moves;
  int64_t position = 0;
  for (const TensorDesc* from : context.inputs) {
    moves.push_back({size_of(to.dtype), from->shape, from->strides(), target, 0, position * target[axis]});
    position += from->shape[axis];
  }
  return make_step(
      [moves = std::move(moves)](const StepArguments& a) {
        for (size_t i = 0; i < moves.size(); ++i) moves[i].run(a.inputs[i], a.outputs[0], a.workers);
      },
      "strided copy");
}

namespace {

ParsedOp parse_concat(const NodeSource& node) {
  if (node.opset >= 4 && !node.attributes.has("axis"))
    return error(ErrorCode::InvalidModel, "attribute axis is missing");
  CNN_TRY(axis, node.attributes.integer("axis", 1));
  return make_op<ConcatOp>(axis);
}

}  // namespace

std::span<const OpEntry> concat_entries() {
  static constexpr OpEntry entries[] = {{"", "Concat", 1, parse_concat}};
  return entries;
}

}  // namespace cnn
