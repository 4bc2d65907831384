// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "engine/graph/op.h"

namespace cnn {

/// Largest rank of operators that move elements (Transpose, Slice, Pad ...).
constexpr int max_moved_rank = 8;

inline bool is_present(std::span<const InputInfo> inputs, size_t index) {
  return index < inputs.size() && inputs[index].present;
}

/// The type of input `index`, which the operator cannot do without. `name` is ONNX's name of it.
inline Result<TensorType> type_of_input(std::span<const InputInfo> inputs, size_t index, std::string_view name) {
  if (is_present(inputs, index)) return inputs[index].type;
  return error(ErrorCode::InvalidModel, "input ", index, " (", name, ") is missing");
}

/// type_of_input() whose rank the strided kernels can move.
inline Result<TensorType> movable_input(std::span<const InputInfo> inputs, size_t index, std::string_view name) {
  CNN_TRY(type, type_of_input(inputs, index, name));
  if (type.shape.size() > static_cast<size_t>(max_moved_rank))
    return error(ErrorCode::Unsupported, name, " ", to_string(type.shape), " has ", type.shape.size(),
                 " dimensions, at most ", max_moved_rank, " are supported");
  return type;
}

/// The value of input `index`, which decides about shapes.
inline Result<Tensor> known_input(std::span<const InputInfo> inputs, size_t index, std::string_view name) {
  CNN_TRY(type, type_of_input(inputs, index, name));
  if (!inputs[index].constant)
    return error(ErrorCode::Unsupported, name, " must be known when the model is opened");
  return *inputs[index].constant;
}

/// The integers of input `index`, which decides about shapes.
inline Result<std::vector<int64_t>> known_integers(std::span<const InputInfo> inputs, size_t index,
                                                   std::string_view name) {
  CNN_TRY(tensor, known_input(inputs, index, name));
  return integers_of(tensor, name);
}

/// 0 <= result < rank, counting from the end when `axis` is negative.
inline Result<int> checked_axis(int64_t axis, size_t rank) {
  const int64_t n = static_cast<int64_t>(rank);
  if (axis < -n || axis >= n)
    return error(ErrorCode::InvalidModel, "axis ", axis, " is outside of a tensor with ", n, " dimensions");
  return static_cast<int>(axis < 0 ? axis + n : axis);
}

/// Each of `axes` checked; none may be named twice.
inline Result<std::vector<int>> checked_axes(std::span<const int64_t> axes, size_t rank) {
  std::vector<bool> seen(rank);
  std::vector<int> checked;
  for (int64_t axis : axes) {
    CNN_TRY(position, checked_axis(axis, rank));
    if (seen[static_cast<size_t>(position)])
      return error(ErrorCode::InvalidModel, "axis ", axis, " is named twice");
    seen[static_cast<size_t>(position)] = true;
    checked.push_back(position);
  }
  return checked;
}

/// One output whose extents the operator computed from the model's numbers.
inline Result<std::vector<TensorType>> sized_output(DataType dtype, Shape shape) {
  CNN_CHECK(checked_element_count(shape));
  return std::vector<TensorType>{{dtype, std::move(shape)}};
}

/// InputInfos of a planned operator, from which infer()-time decisions can be repeated.
inline std::vector<InputInfo> infos_of(const PlanContext& context) {
  std::vector<InputInfo> infos(context.inputs.size());
  for (size_t i = 0; i < infos.size(); ++i)
    if (context.inputs[i])
      infos[i] = {true, {context.inputs[i]->dtype, context.inputs[i]->shape}, context.constant(i)};
  return infos;
}

}  // namespace cnn
