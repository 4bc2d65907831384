// SPDX-License-Identifier: MIT
#include "engine/onnx/element_type.h"

#include <array>
#include <bit>
#include <cstring>

namespace cnn::onnx {
namespace {

static_assert(std::endian::native == std::endian::little, "raw_data is little-endian and used in place");

constexpr std::array<ElementType, 13> known{{
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
}};

struct UnsupportedType {
  int number;
  std::string_view name;
};
constexpr std::array<UnsupportedType, 13> unsupported{{{8, "string"},
                                                       {14, "complex64"},
                                                       {15, "complex128"},
                                                       {17, "float8e4m3fn"},
                                                       {18, "float8e4m3fnuz"},
                                                       {19, "float8e5m2"},
                                                       {20, "float8e5m2fnuz"},
                                                       {21, "uint4"},
                                                       {22, "int4"},
                                                       {23, "float4e2m1"},
                                                       {24, "float8e8m0"},
                                                       {25, "uint2"},
                                                       {26, "int2"}}};

template <class From, class Convert>
void convert(const std::byte* from, std::byte* to, size_t count, Convert element) {
  for (size_t i = 0; i < count; ++i) {
    From value;
    std::memcpy(&value, from + i * sizeof(From), sizeof(From));
    const float converted = element(value);
    std::memcpy(to + i * sizeof(float), &converted, sizeof(float));
  }
}

}  // namespace

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
