// SPDX-License-Identifier: MIT
#include "engine/onnx/element_type.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "engine/graph/small_float.h"

namespace cnn::onnx {
namespace {

static_assert(std::endian::native == std::endian::little, "raw_data is little-endian and used in place");

constexpr std::array<ElementType, 23> known{{
    {1, "float32", DataType::Float32, Storage::Same, 4},
    {2, "uint8", DataType::UInt8, Storage::Same, 1},
    {3, "int8", DataType::Int8, Storage::Same, 1},
    {4, "uint16", DataType::UInt16, Storage::Same, 2},
    {5, "int16", DataType::Int16, Storage::Same, 2},
    {6, "int32", DataType::Int32, Storage::Same, 4},
    {7, "int64", DataType::Int64, Storage::Same, 8},
    {9, "bool", DataType::Bool, Storage::Same, 1},
    {10, "float16", DataType::Float32, Storage::Half, 2},
    {11, "double", DataType::Float32, Storage::Double, 8},
    {12, "uint32", DataType::UInt32, Storage::Same, 4},
    {13, "uint64", DataType::UInt64, Storage::Same, 8},
    {16, "bfloat16", DataType::Float32, Storage::BFloat16, 2},
    {17, "float8e4m3fn", DataType::Float32, Storage::SmallFloat, 1},
    {18, "float8e4m3fnuz", DataType::Float32, Storage::SmallFloat, 1},
    {19, "float8e5m2", DataType::Float32, Storage::SmallFloat, 1},
    {20, "float8e5m2fnuz", DataType::Float32, Storage::SmallFloat, 1},
    {21, "uint4", DataType::UInt8, Storage::PackedInteger, 1, 2},
    {22, "int4", DataType::Int8, Storage::PackedInteger, 1, 2},
    {23, "float4e2m1", DataType::Float32, Storage::SmallFloat, 1, 2},
    {24, "float8e8m0", DataType::Float32, Storage::SmallFloat, 1},
    {25, "uint2", DataType::UInt8, Storage::PackedInteger, 1, 4},
    {26, "int2", DataType::Int8, Storage::PackedInteger, 1, 4},
}};

struct UnsupportedType {
  int number;
  std::string_view name;
};
constexpr std::array<UnsupportedType, 3> unsupported{{{8, "string"}, {14, "complex64"}, {15, "complex128"}}};

template <class From, class Convert>
void convert(const std::byte* from, std::byte* to, size_t count, Convert element) {
  for (size_t i = 0; i < count; ++i) {
    From value;
    std::memcpy(&value, from + i * sizeof(From), sizeof(From));
    const float converted = element(value);
    std::memcpy(to + i * sizeof(float), &converted, sizeof(float));
  }
}

/// The bits of element `i`, in the lower part of a byte; the first element of a byte lies in its lowest bits.
unsigned packed_bits(const ElementType& type, const std::byte* from, size_t i) {
  const unsigned width = 8 / static_cast<unsigned>(type.per_byte);
  const unsigned shift = static_cast<unsigned>(i % type.per_byte) * width;
  return std::to_integer<unsigned>(from[i / type.per_byte]) >> shift & ((1u << width) - 1);
}

void convert_small_floats(const ElementType& type, const std::byte* from, std::byte* to, size_t count) {
  const SmallFloat* format = small_float(type.number);
  for (size_t i = 0; i < count; ++i) {
    const float value = format->value(static_cast<uint8_t>(packed_bits(type, from, i)));
    std::memcpy(to + i * sizeof(float), &value, sizeof(float));
  }
}

void unpack_integers(const ElementType& type, const std::byte* from, std::byte* to, size_t count) {
  const unsigned sign = type.memory == DataType::Int8 ? 1u << (8 / type.per_byte - 1) : 0;
  for (size_t i = 0; i < count; ++i) to[i] = static_cast<std::byte>((packed_bits(type, from, i) ^ sign) - sign);
}

}  // namespace

ElementType element_type_of(DataType memory) {
  return *std::find_if(known.begin(), known.end(), [&](const ElementType& type) {
    return type.memory == memory && type.storage == Storage::Same;
  });
}

Result<ElementType> element_type(int64_t number, std::string_view what) {
  for (const ElementType& type : known)
    if (type.number == number) return type;
  for (const UnsupportedType& type : unsupported)
    if (type.number == number)
      return error(ErrorCode::Unsupported, what, " has element type ", type.name, ", which is not supported");
  return error(ErrorCode::InvalidModel, what, " has element type ", number, ", which ONNX does not define");
}

float half_to_float(uint16_t bits) {
  const uint32_t sign = static_cast<uint32_t>(bits & 0x8000u) << 16;
  const uint32_t exponent = (bits >> 10) & 0x1fu;
  const uint32_t fraction = bits & 0x3ffu;
  if (exponent == 0x1f) return std::bit_cast<float>(sign | 0x7f800000u | fraction << 13);
  if (exponent != 0) return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
  const float subnormal = static_cast<float>(fraction) * 0x1p-24f;
  return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(subnormal));
}

float bfloat16_to_float(uint16_t bits) { return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16); }

void convert_elements(const ElementType& type, const std::byte* from, std::byte* to, size_t count) {
  switch (type.storage) {
    case Storage::Half:
      return convert<uint16_t>(from, to, count, half_to_float);
    case Storage::BFloat16:
      return convert<uint16_t>(from, to, count, bfloat16_to_float);
    case Storage::Double:
      return convert<double>(from, to, count, [](double v) { return static_cast<float>(v); });
    case Storage::SmallFloat:
      return convert_small_floats(type, from, to, count);
    case Storage::PackedInteger:
      return unpack_integers(type, from, to, count);
    case Storage::Same:
      break;
  }
  if (type.memory == DataType::Bool) {  // a bool object may hold 0 and 1 only
    for (size_t i = 0; i < count; ++i) to[i] = std::byte{from[i] != std::byte{0}};
    return;
  }
  if (count != 0) std::memcpy(to, from, count * type.file_bytes);
}

}  // namespace cnn::onnx
