// SPDX-License-Identifier: MIT
#include "engine/graph/small_float.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace cnn {
namespace {

using Specials = SmallFloat::Specials;

constexpr SmallFloat formats[] = {
    {17, 3, 7, 448, Specials::OnlyNan},   {18, 3, 8, 240, Specials::OneNan}, {19, 2, 15, 57344, Specials::Ieee},
    {20, 2, 16, 57344, Specials::OneNan}, {23, 1, 1, 6, Specials::None},     {24, 0, 127, 0x1p127f, Specials::Exponent},
};

constexpr float nan = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();

/// The power of two that has the exponent of `x`, or the next one.
float power_of_two(float x, bool saturate, SmallFloat::Rounding rounding) {
  const uint32_t bits = std::bit_cast<uint32_t>(x) & 0x7fffffffu;
  uint32_t exponent = bits >> 23;
  const uint32_t fraction = bits & 0x7fffffu;
  if (exponent == 255) return nan;
  const bool up = rounding == SmallFloat::Rounding::Up ? fraction != 0
                  : rounding == SmallFloat::Rounding::Nearest
                      ? fraction > 0x400000u || (fraction == 0x400000u && exponent > 0)
                      : false;
  if (up && exponent == 254 && !saturate) return nan;
  exponent = std::min<uint32_t>(254, exponent + up);
  return std::ldexp(1.0f, static_cast<int>(exponent) - 127);
}

}  // namespace

float SmallFloat::value(uint8_t bits) const {
  if (specials == Specials::Exponent) return bits == 255 ? nan : std::ldexp(1.0f, bits - bias);
  const int width = specials == Specials::None ? 4 : 8;
  const unsigned sign_bit = 1u << (width - 1);
  const unsigned magnitude = bits & (sign_bit - 1);
  const float sign = bits & sign_bit ? -1.0f : 1.0f;
  if (specials == Specials::OneNan && bits == sign_bit) return nan;
  if (specials == Specials::OnlyNan && magnitude == sign_bit - 1) return nan;
  const int exponent = static_cast<int>(magnitude >> mantissa_bits);
  const unsigned mantissa = magnitude & ((1u << mantissa_bits) - 1);
  if (specials == Specials::Ieee && exponent == 31) return mantissa ? nan : sign * infinity;
  const unsigned significand = exponent == 0 ? mantissa : mantissa + (1u << mantissa_bits);
  return sign * std::ldexp(static_cast<float>(significand), std::max(1, exponent) - bias - mantissa_bits);
}

float SmallFloat::rounded(float x, bool saturate, Rounding rounding) const {
  if (specials == Specials::Exponent) return power_of_two(x, saturate, rounding);
  if (std::isnan(x)) return specials == Specials::None ? 0 : x;
  const float magnitude = std::fabs(x);
  float result = infinity;
  if (magnitude < infinity) {
    int exponent = 0;
    std::frexp(magnitude, &exponent);  // magnitude < 2^exponent
    const float spacing = std::ldexp(1.0f, std::max(exponent - 1, 1 - bias) - mantissa_bits);
    result = std::nearbyint(magnitude / spacing) * spacing;
  }
  if (result > largest) {
    if (saturate || specials == Specials::None)
      result = largest;
    else
      return specials == Specials::Ieee ? std::copysign(infinity, x) : nan;
  }
  if (result == 0 && specials == Specials::OneNan) return 0;
  return std::copysign(result, x);
}

const SmallFloat* small_float(int64_t onnx_type) {
  for (const SmallFloat& format : formats)
    if (format.onnx_type == onnx_type) return &format;
  return nullptr;
}

}  // namespace cnn
