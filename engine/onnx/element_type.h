// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/graph/tensor.h"

namespace cnn::onnx {

/// How elements of a file become elements in memory.
enum class Storage : uint8_t { Same, Half, BFloat16, Double, SmallFloat, PackedInteger };

/// One of TensorProto.DataType that tensors may have here.
struct ElementType {
  int number;             ///< TensorProto.DataType
  std::string_view name;  ///< ONNX's: "float16"
  DataType memory;
  Storage storage;
  size_t file_bytes;    ///< bytes of one element in raw_data, or of as many as share a byte
  size_t per_byte = 1;  ///< elements that share a byte

  /// Bytes of `count` elements in raw_data.
  size_t bytes_of(size_t count) const { return (count / per_byte + (count % per_byte != 0)) * file_bytes; }
};

/// Unsupported for strings and complex numbers; InvalidModel for a number ONNX does not define.
/// `what` names the tensor: "tensor w".
Result<ElementType> element_type(int64_t number, std::string_view what);

/// The type whose elements are stored in a file as they are in memory.
ElementType element_type_of(DataType memory);

/// Converts `count` elements of `type` from raw little-endian bytes of any alignment.
void convert_elements(const ElementType& type, const std::byte* from, std::byte* to, size_t count);

/// IEEE 754 binary16 by its bits.
float half_to_float(uint16_t bits);
float bfloat16_to_float(uint16_t bits);

}  // namespace cnn::onnx
