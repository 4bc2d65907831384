// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/ops/input_checks.h"

namespace cnn {

inline bool is_byte(DataType type) { return type == DataType::Int8 || type == DataType::UInt8; }

inline int32_t byte_at(const void* bytes, DataType type, int64_t i) {
  return type == DataType::Int8 ? static_cast<const int8_t*>(bytes)[i] : int32_t{static_cast<const uint8_t*>(bytes)[i]};
}

inline void store_byte(void* bytes, int64_t i, int32_t value) {
  static_cast<uint8_t*>(bytes)[i] = static_cast<uint8_t>(value);
}

/// Rounded to the nearest, ties to even, and moved by `zero` into the range of `type` (Int8 or UInt8).
inline int32_t requantized(float scaled, int32_t zero, DataType type) {
  const float low = type == DataType::Int8 ? -128.0f : 0.0f;
  const float rounded = std::nearbyint(scaled) + static_cast<float>(zero);
  return static_cast<int32_t>(std::min(low + 255, std::max(low, rounded)));  // NaN becomes the lowest
}

/// The scale and zero point of one input (or output) of a run; element i where there are several.
struct QuantizedScale {
  const float* scales = nullptr;  ///< null: 1
  const void* zeros = nullptr;    ///< null: 0
  DataType type = DataType::UInt8;
  bool many_scales = false, many_zeros = false;

  QuantizedScale(std::span<const void* const> inputs, int scale, int zero, DataType dtype, bool several_scales = false,
                 bool several_zeros = false)
      : scales(static_cast<const float*>(address(inputs, scale))),
        zeros(address(inputs, zero)),
        type(dtype),
        many_scales(several_scales),
        many_zeros(several_zeros) {}
  QuantizedScale(const StepArguments& a, int scale, int zero, DataType dtype, bool several_scales = false,
                 bool several_zeros = false)
      : QuantizedScale(a.inputs, scale, zero, dtype, several_scales, several_zeros) {}
  float scale(int64_t i = 0) const { return scales ? scales[many_scales ? i : 0] : 1.0f; }
  int32_t zero(int64_t i = 0) const { return zeros ? byte_at(zeros, type, many_zeros ? i : 0) : 0; }

 private:
  static const void* address(std::span<const void* const> inputs, int input) {
    return input < 0 || static_cast<size_t>(input) >= inputs.size() ? nullptr : inputs[static_cast<size_t>(input)];
  }
};

/// Checks Int8 or UInt8 input `data` and its scale and zero point, of which there are one or `many` (0: one only).
inline Result<TensorType> quantized_input(std::span<const InputInfo> inputs, int data, int scale, int zero,
                                          int64_t many, std::string_view name) {
  CNN_TRY(type, type_of_input(inputs, static_cast<size_t>(data), name));
  if (!is_byte(type.dtype))
    return error(ErrorCode::Unsupported, name, " is ", to_string(type.dtype), ", int8 or uint8 is needed");
  for (const int at : {scale, zero}) {
    if (at < 0 || (at == zero && !is_present(inputs, static_cast<size_t>(at)))) continue;
    CNN_TRY(given, type_of_input(inputs, static_cast<size_t>(at), at == scale ? "scale" : "zero point"));
    CNN_TRY(count, checked_element_count(given.shape));
    if (given.dtype != (at == scale ? DataType::Float32 : type.dtype) || (count != 1 && (many == 0 || count != many)))
      return error(ErrorCode::InvalidModel, at == scale ? "scale of " : "zero point of ", name, " is ",
                   to_string(given.dtype), " ", to_string(given.shape));
  }
  return type;
}

/// The result's type: that of the zero point, that of `fallback` without one.
inline Result<DataType> quantized_output(std::span<const InputInfo> inputs, int scale, int zero, DataType fallback) {
  const bool stated = is_present(inputs, static_cast<size_t>(zero));
  const DataType type = stated ? inputs[static_cast<size_t>(zero)].type.dtype : fallback;
  CNN_TRY(given, type_of_input(inputs, static_cast<size_t>(scale), "y_scale"));
  CNN_TRY(scales, checked_element_count(given.shape));
  CNN_TRY(zeros, stated ? checked_element_count(inputs[static_cast<size_t>(zero)].type.shape) : Result<int64_t>(1));
  if (!is_byte(type) || given.dtype != DataType::Float32 || scales != 1 || zeros != 1)
    return error(ErrorCode::Unsupported, "y_scale is ", to_string(given.dtype), " ", to_string(given.shape),
                 " and y_zero_point ", to_string(type), ", one float32 and int8 or uint8 are needed");
  return type;
}

inline bool has_many(const PlanContext& context, int input) {
  return input >= 0 && context.has_input(static_cast<size_t>(input)) &&
         context.inputs[static_cast<size_t>(input)]->count() > 1;
}

}  // namespace cnn
