// SPDX-License-Identifier: MIT
#include "engine/graph/tensor.h"

#include "engine/base/buffer.h"

namespace cnn {

size_t size_of(DataType type) {
  return with_type(type, [](auto zero) { return sizeof(zero); });
}

std::string_view to_string(DataType type) {
  switch (type) {
    case DataType::Float32: return "float32";
    case DataType::Int8: return "int8";
    case DataType::UInt8: return "uint8";
    case DataType::Int16: return "int16";
    case DataType::UInt16: return "uint16";
    case DataType::Int32: return "int32";
    case DataType::UInt32: return "uint32";
    case DataType::Int64: return "int64";
    case DataType::UInt64: return "uint64";
    case DataType::Bool: return "bool";
  }
  return "?";
}

int TensorDesc::physical_axis(int axis) const {
  if (!channels_last() || axis == 0) return axis;
  return axis == 1 ? rank() - 1 : axis - 1;
}

Shape TensorDesc::physical_shape() const {
  Shape physical(shape.size());
  for (int axis = 0; axis < rank(); ++axis) physical[physical_axis(axis)] = shape[axis];
  return physical;
}

Shape TensorDesc::strides() const {
  Shape physical = physical_shape();
  Shape steps(shape.size());
  int64_t step = 1;
  for (int axis = rank() - 1; axis >= 0; --axis) {
    steps[axis] = step;
    step = channels_last() && axis == rank() - 1 ? pixel_step() : step * physical[axis];
  }
  Shape logical(shape.size());
  for (int axis = 0; axis < rank(); ++axis) logical[axis] = steps[physical_axis(axis)];
  return logical;
}

NewTensor make_tensor(TensorDesc desc) {
  auto buffer = std::make_shared<Buffer>(std::max<size_t>(1, desc.bytes()));
  std::byte* bytes = buffer->data();
  return {{std::move(desc), std::shared_ptr<const std::byte>(buffer, bytes)}, bytes};
}

Result<std::vector<int64_t>> integers_of(const Tensor& tensor, std::string_view what) {
  if (tensor.desc.rank() > 1)
    return error(ErrorCode::InvalidModel, what, " has shape ", to_string(tensor.desc.shape), ", a list is needed");
  if (tensor.desc.dtype == DataType::Int64) {
    auto values = tensor.values<int64_t>();
    return std::vector<int64_t>(values.begin(), values.end());
  }
  if (tensor.desc.dtype == DataType::Int32) {
    auto values = tensor.values<int32_t>();
    return std::vector<int64_t>(values.begin(), values.end());
  }
  return error(ErrorCode::InvalidModel, what, " is ", to_string(tensor.desc.dtype), ", int64 is needed");
}

}  // namespace cnn
