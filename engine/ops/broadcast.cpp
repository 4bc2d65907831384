// SPDX-License-Identifier: MIT
#include "engine/ops/broadcast.h"

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
