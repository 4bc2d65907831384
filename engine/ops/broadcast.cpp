// SPDX-License-Identifier: MIT
#include "engine/ops/broadcast.h"

#include "engine/ops/input_checks.h"

namespace cnn {

Result<Shape> broadcast_shapes(const Shape& a, const Shape& b) {
  const size_t rank = std::max(a.size(), b.size());
  if (rank > ElementwiseLoop::max_rank)
    return error(ErrorCode::Unsupported, "shapes ", to_string(a), " and ", to_string(b), " have more than ",
                 ElementwiseLoop::max_rank, " axes");
  Shape shape(rank);
  for (size_t i = 0; i < rank; ++i) {
    const int64_t x = i < rank - a.size() ? 1 : a[i - (rank - a.size())];
    const int64_t y = i < rank - b.size() ? 1 : b[i - (rank - b.size())];
    if (x != y && x != 1 && y != 1)
      return error(ErrorCode::InvalidModel, "shapes ", to_string(a), " and ", to_string(b), " cannot be broadcast");
    shape[i] = x == 1 ? y : x;
  }
  CNN_CHECK(checked_element_count(shape));
  return shape;
}

Result<Shape> broadcast_shape(std::span<const InputInfo> inputs) {
  Shape shape;
  for (const InputInfo& input : inputs) {
    if (!input.present) continue;
    CNN_TRY(wider, broadcast_shapes(shape, input.type.shape));
    shape = std::move(wider);
  }
  return shape;
}

Status need_inputs(std::span<const InputInfo> inputs, size_t count) {
  for (size_t i = 0; i < count; ++i)
    if (i >= inputs.size() || !inputs[i].present)
      return error(ErrorCode::InvalidModel, "input ", i, " of ", count, " is missing");
  return {};
}

Status need_same_type(std::span<const InputInfo> inputs) {
  for (size_t i = 1; i < inputs.size(); ++i)
    if (inputs[i].present && inputs[i].type.dtype != inputs[0].type.dtype)
      return error(ErrorCode::InvalidModel, "input 0 is ", to_string(inputs[0].type.dtype), " but input ", i, " is ",
                   to_string(inputs[i].type.dtype));
  return {};
}

Status need_float(std::span<const InputInfo> inputs, size_t index) {
  if (inputs[index].type.dtype != DataType::Float32)
    return error(ErrorCode::Unsupported, "input ", index, " is ", to_string(inputs[index].type.dtype),
                 ", float32 is needed");
  return {};
}

Result<std::optional<int64_t>> parse_first_axis(const NodeSource& node) {
  if (node.opset >= 7 || !node.attributes.has("axis")) return std::optional<int64_t>{};
  CNN_TRY(broadcast, node.attributes.integer("broadcast", 0));
  CNN_TRY(axis, node.attributes.integer("axis", -1));
  return broadcast ? std::optional<int64_t>(axis) : std::nullopt;
}

Result<Shape> lined_up(const Shape& a, const Shape& b, std::optional<int64_t> axis) {
  if (!axis || *axis == -1 || b.empty() || b == Shape{1}) return b;
  CNN_TRY(first, checked_axis(*axis, a.size()));
  const size_t end = static_cast<size_t>(first) + b.size();
  bool fits = end <= a.size();
  for (size_t i = 0; fits && i < b.size(); ++i) fits = b[i] == 1 || b[i] == a[static_cast<size_t>(first) + i];
  if (!fits)
    return error(ErrorCode::InvalidModel, "input 1 ", to_string(b), " does not fit ", to_string(a), " from axis ",
                 *axis, " on");
  Shape shape = b;
  shape.insert(shape.end(), a.size() - end, 1);
  return shape;
}

Result<std::vector<InputInfo>> lined_up(std::span<const InputInfo> inputs, std::optional<int64_t> axis) {
  std::vector<InputInfo> infos(inputs.begin(), inputs.end());
  if (infos.size() < 2) return infos;
  CNN_TRY(shape, lined_up(infos[0].type.shape, infos[1].type.shape, axis));
  infos[1].type.shape = std::move(shape);
  return infos;
}

LinedUpContext::LinedUpContext(const PlanContext& context, std::optional<int64_t> axis)
    : context_(context), second_(*context.inputs[1]), inputs_(context.inputs.begin(), context.inputs.end()) {
  if (auto shape = lined_up(inputs_[0]->shape, second_.shape, axis)) {
    if (*shape != second_.shape) second_.layout = Layout::Plain;
    second_.shape = *std::move(shape);
  }
  inputs_[1] = &second_;
  context_.inputs = inputs_;
}

ElementwiseLoop broadcast_loop(const TensorDesc& output, std::span<const TensorDesc> inputs) {
  const int rank = output.rank();
  std::array<int64_t, ElementwiseLoop::max_rank> extents{};
  std::array<ElementwiseLoop::Strides, ElementwiseLoop::max_operands> strides{};
  const auto align = [&](const TensorDesc& operand, ElementwiseLoop::Strides& to) {
    const Shape steps = operand.strides();
    const int missing = rank - operand.rank();
    for (int axis = missing; axis < rank; ++axis)
      if (operand.shape[axis - missing] != 1) to[output.physical_axis(axis)] = steps[axis - missing];
  };
  for (int axis = 0; axis < rank; ++axis) extents[output.physical_axis(axis)] = output.shape[axis];
  align(output, strides[0]);
  for (size_t i = 0; i < inputs.size(); ++i) align(inputs[i], strides[i + 1]);
  return ElementwiseLoop::make(std::span(extents).first(rank), std::span(strides).first(inputs.size() + 1));
}

ElementwiseLoop broadcast_loop(const PlanContext& context) {
  std::vector<TensorDesc> inputs;
  for (const TensorDesc* input : context.inputs)
    if (input) inputs.push_back(*input);
  return broadcast_loop(context.outputs[0], inputs);
}

}  // namespace cnn
