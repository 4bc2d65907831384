// SPDX-License-Identifier: MIT
#include "engine/ops/reshape.h"

#include <cstring>

#include "engine/ops/input_checks.h"
#include "engine/ops/make_op.h"

namespace cnn {

Result<std::unique_ptr<Step>> ShapeViewOp::plan(const PlanContext& context) const {
  return make_step(
      [bytes = context.outputs[0].bytes()](const StepArguments& a) {
        if (bytes) std::memcpy(a.outputs[0], a.inputs[0], bytes);
      },
      "copy");
}

Result<Shape> reshaped(const Shape& input, std::span<const int64_t> target, bool allow_zero) {
  Shape shape(target.begin(), target.end());
  size_t open = shape.size();
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 0 && !allow_zero) {
      if (i >= input.size())
        return error(ErrorCode::InvalidModel, "reshape to ", to_string(shape), " keeps extent ", i, " of ",
                     to_string(input));
      shape[i] = input[i];
    } else if (shape[i] == -1) {
      if (open != shape.size())
        return error(ErrorCode::InvalidModel, "reshape of ", to_string(input), " leaves extents ", open, " and ", i,
                     " open, only one may be");
      open = i;
    } else if (shape[i] < 0) {
      return error(ErrorCode::InvalidModel, "reshape of ", to_string(input), " to extent ", shape[i]);
    }
  }
  Shape known = shape;
  if (open != shape.size()) known[open] = 1;
  CNN_TRY(count, checked_element_count(input));
  CNN_TRY(known_count, checked_element_count(known));
  if (open != shape.size()) {
    if (known_count == 0 || count % known_count != 0)
      return error(ErrorCode::InvalidModel, "reshape of ", to_string(input), " with ", count, " elements to ",
                   to_string(shape), ", which is not a multiple of ", known_count);
    shape[open] = count / known_count;
  } else if (count != known_count) {
    return error(ErrorCode::InvalidModel, "reshape of ", to_string(input), " with ", count, " elements to ",
                 to_string(shape), " with ", known_count);
  }
  return shape;
}

Result<std::vector<TensorType>> ReshapeOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(data, type_of_input(inputs, 0, "data"));
  CNN_TRY(target, known_integers(inputs, 1, "shape"));
  CNN_TRY(shape, reshaped(data.shape, target, allow_zero_));
  return std::vector<TensorType>{{data.dtype, std::move(shape)}};
}

Result<std::vector<TensorType>> FlattenOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(data, type_of_input(inputs, 0, "input"));
  const int64_t rank = static_cast<int64_t>(data.shape.size());
  if (axis_ < -rank || axis_ > rank)
    return error(ErrorCode::InvalidModel, "axis ", axis_, " is outside of ", to_string(data.shape));
  const auto middle = data.shape.begin() + (axis_ < 0 ? axis_ + rank : axis_);
  CNN_TRY(rows, checked_element_count(Shape(data.shape.begin(), middle)));
  CNN_TRY(columns, checked_element_count(Shape(middle, data.shape.end())));
  return std::vector<TensorType>{{data.dtype, {rows, columns}}};
}

Result<std::vector<TensorType>> SqueezeOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(data, type_of_input(inputs, 0, "data"));
  std::vector<int64_t> axes = axes_;
  if (is_present(inputs, 1)) {
    CNN_TRY(known, known_integers(inputs, 1, "axes"));
    axes = known;
  }
  CNN_TRY(positions, checked_axes(axes, data.shape.size()));
  std::vector<bool> dropped(data.shape.size());
  for (size_t i = 0; i < data.shape.size(); ++i) dropped[i] = axes.empty() && data.shape[i] == 1;
  for (int axis : positions) {
    if (data.shape[axis] != 1)
      return error(ErrorCode::InvalidModel, "axis ", axis, " of ", to_string(data.shape), " has extent ",
                   data.shape[axis], ", only 1 can be squeezed");
    dropped[axis] = true;
  }
  Shape shape;
  for (size_t i = 0; i < data.shape.size(); ++i)
    if (!dropped[i]) shape.push_back(data.shape[i]);
  return std::vector<TensorType>{{data.dtype, std::move(shape)}};
}

Result<std::vector<TensorType>> UnsqueezeOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(data, type_of_input(inputs, 0, "data"));
  std::vector<int64_t> axes = axes_;
  if (is_present(inputs, 1)) {
    CNN_TRY(known, known_integers(inputs, 1, "axes"));
    axes = known;
  }
  constexpr size_t most_axes = 64;
  if (axes.size() > most_axes) return error(ErrorCode::InvalidModel, axes.size(), " axes, at most ", most_axes);
  const size_t rank = data.shape.size() + axes.size();
  CNN_TRY(positions, checked_axes(axes, rank));
  Shape shape(rank, 0);
  for (int axis : positions) shape[axis] = 1;
  auto next = data.shape.begin();
  std::vector<bool> added(rank);
  for (int axis : positions) added[axis] = true;
  for (size_t i = 0; i < rank; ++i)
    if (!added[i]) shape[i] = *next++;
  return std::vector<TensorType>{{data.dtype, std::move(shape)}};
}

Result<std::vector<TensorType>> IdentityOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(data, type_of_input(inputs, 0, "input"));
  return std::vector<TensorType>{data};
}

namespace {

ParsedOp parse_reshape(const NodeSource& node) {
  CNN_TRY(allow_zero, node.attributes.integer("allowzero", 0));
  return make_op<ReshapeOp>(allow_zero != 0);
}

ParsedOp parse_flatten(const NodeSource& node) {
  CNN_TRY(axis, node.attributes.integer("axis", 1));
  return make_op<FlattenOp>(axis);
}

ParsedOp parse_squeeze(const NodeSource& node) {
  CNN_TRY(axes, node.attributes.integers("axes"));
  return make_op<SqueezeOp>(std::move(axes));
}

ParsedOp parse_unsqueeze(const NodeSource& node) {
  if (node.opset < 13 && !node.attributes.has("axes"))
    return error(ErrorCode::InvalidModel, "attribute axes is missing");
  CNN_TRY(axes, node.attributes.integers("axes"));
  return make_op<UnsqueezeOp>(std::move(axes));
}

ParsedOp parse_identity(const NodeSource&) { return make_op<IdentityOp>(); }

}  // namespace

std::span<const OpEntry> reshape_entries() {
  static constexpr OpEntry entries[] = {
      {"", "Reshape", 5, parse_reshape},     {"", "Flatten", 1, parse_flatten},
      {"", "Squeeze", 1, parse_squeeze},     {"", "Unsqueeze", 1, parse_unsqueeze},
      {"", "Identity", 1, parse_identity},
  };
  return entries;
}

}  // namespace cnn
