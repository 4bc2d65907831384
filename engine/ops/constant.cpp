// SPDX-License-Identifier: MIT
#include "engine/ops/constant.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "engine/ops/cast.h"
#include "engine/ops/input_checks.h"
#include "engine/ops/make_op.h"

namespace cnn {

Result<NewTensor> generated(DataType dtype, Shape shape, int64_t most_bytes) {
  CNN_TRY(count, checked_element_count(shape));
  if (count > most_bytes / static_cast<int64_t>(size_of(dtype)))
    return error(ErrorCode::Unsupported, "a constant of shape ", to_string(shape), " has more than ", most_bytes >> 20,
                 " MiB");
  return make_tensor({dtype, std::move(shape)});
}

namespace {

template <class T>
Result<Tensor> range(T start, T limit, T delta) {
  if (delta == 0) return error(ErrorCode::InvalidModel, "delta is 0");
  const double length = std::ceil((static_cast<double>(limit) - static_cast<double>(start)) / static_cast<double>(delta));
  constexpr double most_elements = static_cast<double>(max_unfolded_bytes) / sizeof(T);
  if (!(length <= most_elements))
    return error(ErrorCode::Unsupported, "a range from ", +start, " to ", +limit, " in steps of ", +delta,
                 " has more than ", max_unfolded_bytes >> 20, " MiB");
  const int64_t count = std::max<int64_t>(0, static_cast<int64_t>(length));
  NewTensor made = make_tensor({data_type_of<T>(), {count}});
  T* out = reinterpret_cast<T*>(made.bytes);
  for (int64_t i = 0; i < count; ++i) {
    if constexpr (std::is_integral_v<T>)  // unsigned: the distance from start to limit may exceed T
      out[i] = static_cast<T>(static_cast<uint64_t>(start) + static_cast<uint64_t>(i) * static_cast<uint64_t>(delta));
    else
      out[i] = start + static_cast<T>(i) * delta;
  }
  return made.tensor;
}

Tensor integers(std::vector<int64_t> values) {
  return tensor_of<int64_t>({static_cast<int64_t>(values.size())}, std::span<const int64_t>(values));
}

}  // namespace

Result<std::vector<TensorType>> KnownOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(tensor, value(inputs));
  return std::vector<TensorType>{{tensor.desc.dtype, tensor.desc.shape}};
}

Result<std::unique_ptr<Step>> KnownOp::plan(const PlanContext& context) const {
  CNN_TRY(tensor, value(infos_of(context)));
  return make_step(
      [tensor](const StepArguments& a) {
        if (const size_t bytes = tensor.desc.bytes()) std::memcpy(a.outputs[0], tensor.bytes.get(), bytes);
      },
      "copy");
}

Result<Tensor> ConstantOfShapeOp::value(std::span<const InputInfo> inputs) const {
  CNN_TRY(shape, known_integers(inputs, 0, "shape"));
  CNN_TRY(made, generated(element_.desc.dtype, shape, max_filled_bytes));
  const size_t size = size_of(element_.desc.dtype);
  for (size_t at = 0; at < made.tensor.desc.bytes(); at += size) std::memcpy(made.bytes + at, element_.bytes.get(), size);
  return made.tensor;
}

Result<Tensor> RangeOp::value(std::span<const InputInfo> inputs) const {
  CNN_TRY(start, known_input(inputs, 0, "start"));
  CNN_TRY(limit, known_input(inputs, 1, "limit"));
  CNN_TRY(delta, known_input(inputs, 2, "delta"));
  for (const Tensor* tensor : {&start, &limit, &delta})
    if (tensor->desc.count() != 1 || tensor->desc.dtype != start.desc.dtype || start.desc.dtype == DataType::Bool)
      return error(ErrorCode::InvalidModel, "start, limit and delta must be one number of one type each, not ",
                   to_string(tensor->desc.dtype), to_string(tensor->desc.shape));
  return with_type(start.desc.dtype, [&](auto zero) -> Result<Tensor> {
    using T = decltype(zero);
    if constexpr (std::is_same_v<T, bool>)
      return Tensor{};
    else
      return range<T>(*start.data<T>(), *limit.data<T>(), *delta.data<T>());
  });
}

Result<Tensor> ShapeOp::value(std::span<const InputInfo> inputs) const {
  CNN_TRY(data, type_of_input(inputs, 0, "data"));
  const int64_t rank = static_cast<int64_t>(data.shape.size());
  auto clamped = [&](int64_t axis) { return std::clamp<int64_t>(axis < 0 ? axis + rank : axis, 0, rank); };
  const int64_t from = clamped(start_), to = std::max(from, clamped(end_));
  return integers({data.shape.begin() + from, data.shape.begin() + to});
}

Result<Tensor> SizeOp::value(std::span<const InputInfo> inputs) const {
  CNN_TRY(data, type_of_input(inputs, 0, "data"));
  CNN_TRY(count, checked_element_count(data.shape));
  return tensor_of<int64_t>({}, std::span<const int64_t>(&count, 1));
}

Result<Tensor> EyeLikeOp::value(std::span<const InputInfo> inputs) const {
  CNN_TRY(data, type_of_input(inputs, 0, "input"));
  if (data.shape.size() != 2)
    return error(ErrorCode::InvalidModel, "input ", to_string(data.shape), " is not a matrix");
  DataType dtype = data.dtype;
  if (onnx_type_ != 0) {
    CNN_TRY(stated, data_type_in_memory(onnx_type_));
    dtype = stated;
  }
  CNN_TRY(made, generated(dtype, data.shape));
  with_type(dtype, [&](auto zero) {
    using T = decltype(zero);
    for (int64_t row = 0; row < data.shape[0]; ++row)
      if (diagonal_ >= -row && diagonal_ < data.shape[1] - row)
        reinterpret_cast<T*>(made.bytes)[row * data.shape[1] + row + diagonal_] = T{1};
  });
  return made.tensor;
}

Result<Tensor> NonZeroOp::value(std::span<const InputInfo> inputs) const {
  CNN_TRY(data, known_input(inputs, 0, "X"));
  const int64_t count = with_type(data.desc.dtype, [&](auto zero) -> int64_t {
    const auto values = data.values<decltype(zero)>();
    return data.desc.count() - std::count(values.begin(), values.end(), zero);
  });
  CNN_TRY(made, generated(DataType::Int64, {data.desc.rank(), count}));
  std::vector<int64_t> found;
  with_type(data.desc.dtype, [&](auto zero) {
    using T = decltype(zero);
    for (int64_t i = 0; i < data.desc.count(); ++i)
      if (data.data<T>()[i] != T{0}) found.push_back(i);
  });
  int64_t* out = reinterpret_cast<int64_t*>(made.bytes);
  const Shape strides = data.desc.strides();
  for (int axis = 0; axis < data.desc.rank(); ++axis)
    for (int64_t i = 0; i < count; ++i) out[axis * count + i] = found[i] / strides[axis] % data.desc.shape[axis];
  return made.tensor;
}

namespace {

ParsedOp parse_constant(const NodeSource& node) {
  const Attributes& attributes = node.attributes;
  if (attributes.has("value")) {
    CNN_TRY(tensor, attributes.tensor("value"));
    return make_op<ConstantOp>(std::move(tensor));
  }
  if (attributes.has("value_float")) {
    CNN_TRY(number, attributes.real("value_float", 0));
    return make_op<ConstantOp>(tensor_of<float>({}, std::span<const float>(&number, 1)));
  }
  if (attributes.has("value_floats")) {
    CNN_TRY(numbers, attributes.reals("value_floats"));
    return make_op<ConstantOp>(
        tensor_of<float>({static_cast<int64_t>(numbers.size())}, std::span<const float>(numbers)));
  }
  if (attributes.has("value_int")) {
    CNN_TRY(number, attributes.integer("value_int", 0));
    return make_op<ConstantOp>(tensor_of<int64_t>({}, std::span<const int64_t>(&number, 1)));
  }
  if (attributes.has("value_ints")) {
    CNN_TRY(numbers, attributes.integers("value_ints"));
    return make_op<ConstantOp>(integers(std::move(numbers)));
  }
  for (const char* name : {"sparse_value", "value_string", "value_strings"})
    if (attributes.has(name)) return error(ErrorCode::Unsupported, "attribute ", name, " is not supported");
  return error(ErrorCode::InvalidModel, "attribute value is missing");
}

ParsedOp parse_constant_of_shape(const NodeSource& node) {
  const float zero = 0;
  if (!node.attributes.has("value"))
    return make_op<ConstantOfShapeOp>(tensor_of<float>({1}, std::span<const float>(&zero, 1)));
  CNN_TRY(element, node.attributes.tensor("value"));
  if (element.desc.count() != 1)
    return error(ErrorCode::InvalidModel, "value has shape ", to_string(element.desc.shape), ", one element is needed");
  return make_op<ConstantOfShapeOp>(std::move(element));
}

ParsedOp parse_range(const NodeSource&) { return make_op<RangeOp>(); }
ParsedOp parse_size(const NodeSource&) { return make_op<SizeOp>(); }
ParsedOp parse_non_zero(const NodeSource&) { return make_op<NonZeroOp>(); }

ParsedOp parse_shape(const NodeSource& node) {
  CNN_TRY(start, node.attributes.integer("start", 0));
  CNN_TRY(end, node.attributes.integer("end", std::numeric_limits<int64_t>::max()));
  return make_op<ShapeOp>(start, end);
}

ParsedOp parse_eye_like(const NodeSource& node) {
  CNN_TRY(diagonal, node.attributes.integer("k", 0));
  CNN_TRY(onnx_type, node.attributes.integer("dtype", 0));
  return make_op<EyeLikeOp>(diagonal, onnx_type);
}

}  // namespace

std::span<const OpEntry> constant_entries() {
  static constexpr OpEntry entries[] = {
      {"", "Constant", 1, parse_constant},  {"", "ConstantOfShape", 9, parse_constant_of_shape},
      {"", "Range", 11, parse_range},       {"", "Shape", 1, parse_shape},
      {"", "Size", 1, parse_size},          {"", "EyeLike", 9, parse_eye_like},
      {"", "NonZero", 9, parse_non_zero},
  };
  return entries;
}

}  // namespace cnn
