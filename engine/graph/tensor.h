// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/api.h"
#include "engine/base/shape.h"

namespace cnn {

/// Element types in memory. ONNX float16, bfloat16 and double are widened or narrowed to Float32 on import.
enum class DataType : uint8_t { Float32, Int8, UInt8, Int16, UInt16, Int32, UInt32, Int64, UInt64, Bool };

/// Bytes of one element.
CNN_API size_t size_of(DataType type);
/// "float32", "int64" ...
CNN_API std::string_view to_string(DataType type);

template <class T>
constexpr DataType data_type_of();

/// How the logical shape [n, c, spatial...] lies in memory.
/// Plain: row-major in logical order. ChannelsLast (rank >= 3): row-major as [n, spatial..., c].
enum class Layout : uint8_t { Plain, ChannelsLast };

/// Element type and logical shape.
struct TensorType {
  DataType dtype = DataType::Float32;
  Shape shape;
  bool operator==(const TensorType&) const = default;
};

/// Everything but the address of a tensor.
struct CNN_API TensorDesc {
  DataType dtype = DataType::Float32;
  Shape shape;  ///< logical: [n, c, spatial...]
  Layout layout = Layout::Plain;
  /// ChannelsLast only: elements from one pixel to the next; 0 means dense (= channels). Larger when the tensor is a
  /// channel slice of a wider one (concatenation in place).
  int64_t pixel_stride = 0;

  int rank() const { return static_cast<int>(shape.size()); }
  int64_t count() const { return element_count(shape); }
  /// Bytes of a dense tensor of this shape.
  size_t bytes() const { return static_cast<size_t>(count()) * size_of(dtype); }
  bool channels_last() const { return layout == Layout::ChannelsLast; }
  bool dense() const { return pixel_stride == 0 || !channels_last() || pixel_stride == shape[1]; }
  /// Elements from one pixel to the next of a ChannelsLast tensor.
  int64_t pixel_step() const { return pixel_stride ? pixel_stride : shape[1]; }
  /// Position of logical axis `axis` (0 <= axis < rank) among the axes in memory order.
  int physical_axis(int axis) const;
  /// Extents in memory order, outermost first.
  Shape physical_shape() const;
  /// Elements between neighbours along each logical axis, in logical order; knows layout and pixel_stride.
  Shape strides() const;
};

/// A constant: description and shared, immutable bytes (Plain and dense, unless said otherwise).
struct Tensor {
  TensorDesc desc;
  std::shared_ptr<const std::byte> bytes;

  template <class T>
  const T* data() const {
    return reinterpret_cast<const T*>(bytes.get());
  }
  template <class T>
  std::span<const T> values() const {
    return {data<T>(), static_cast<size_t>(desc.count())};
  }
};

/// A zero-filled dense tensor, with a pointer to fill it before it is shared.
struct NewTensor {
  Tensor tensor;
  std::byte* bytes;
};
CNN_API NewTensor make_tensor(TensorDesc desc);

/// A Plain tensor that copies `values` (values.size() must be the element count of `shape`).
template <class T>
Tensor tensor_of(const Shape& shape, std::span<const T> values) {
  NewTensor made = make_tensor({data_type_of<T>(), shape});
  std::copy(values.begin(), values.end(), reinterpret_cast<T*>(made.bytes));
  return made.tensor;
}

/// The integers of an Int64 or Int32 constant of rank <= 1 (axes, shapes, pads ...).
Result<std::vector<int64_t>> integers_of(const Tensor& tensor, std::string_view what);

// clang-format off
template <> constexpr DataType data_type_of<float>() { return DataType::Float32; }
template <> constexpr DataType data_type_of<int8_t>() { return DataType::Int8; }
template <> constexpr DataType data_type_of<uint8_t>() { return DataType::UInt8; }
template <> constexpr DataType data_type_of<int16_t>() { return DataType::Int16; }
template <> constexpr DataType data_type_of<uint16_t>() { return DataType::UInt16; }
template <> constexpr DataType data_type_of<int32_t>() { return DataType::Int32; }
template <> constexpr DataType data_type_of<uint32_t>() { return DataType::UInt32; }
template <> constexpr DataType data_type_of<int64_t>() { return DataType::Int64; }
template <> constexpr DataType data_type_of<uint64_t>() { return DataType::UInt64; }
template <> constexpr DataType data_type_of<bool>() { return DataType::Bool; }
// clang-format on

/// Calls function(T{}) with the C++ type of `type`.
template <class Function>
decltype(auto) with_type(DataType type, Function&& function) {
  switch (type) {
    case DataType::Int8: return function(int8_t{});
    case DataType::UInt8: return function(uint8_t{});
    case DataType::Int16: return function(int16_t{});
    case DataType::UInt16: return function(uint16_t{});
    case DataType::Int32: return function(int32_t{});
    case DataType::UInt32: return function(uint32_t{});
    case DataType::Int64: return function(int64_t{});
    case DataType::UInt64: return function(uint64_t{});
    case DataType::Bool: return function(bool{});
    case DataType::Float32: break;
  }
  return function(float{});
}

}  // namespace cnn
