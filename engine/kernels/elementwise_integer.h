// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace cnn {

/// Arithmetic of ONNX's integer types without undefined cases: results wrap around, x / 0 = x mod 0 = 0.

/// The type in which T's arithmetic wraps around (unsigned, not subject to promotion to int).
template <class T>
using Wrapping = std::conditional_t<(sizeof(T) > 4), uint64_t, uint32_t>;

template <class T>
T wrapping_add(T a, T b) {
  return static_cast<T>(static_cast<Wrapping<T>>(a) + static_cast<Wrapping<T>>(b));
}
template <class T>
T wrapping_sub(T a, T b) {
  return static_cast<T>(static_cast<Wrapping<T>>(a) - static_cast<Wrapping<T>>(b));
}
template <class T>
T wrapping_mul(T a, T b) {
  return static_cast<T>(static_cast<Wrapping<T>>(a) * static_cast<Wrapping<T>>(b));
}

/// Towards zero.
template <class T>
T truncated_div(T a, T b) {
  if (b == 0) return 0;
  if (std::is_signed_v<T> && b == static_cast<T>(-1)) return wrapping_sub<T>(0, a);
  return static_cast<T>(a / b);
}

/// Remainder with the sign of the dividend (C).
template <class T>
T truncated_mod(T a, T b) {
  if (b == 0 || (std::is_signed_v<T> && b == static_cast<T>(-1))) return 0;
  return static_cast<T>(a % b);
}

/// Remainder with the sign of the divisor (Python).
template <class T>
T floored_mod(T a, T b) {
  const T rest = truncated_mod(a, b);
  if constexpr (std::is_signed_v<T>) return rest != 0 && (rest < 0) != (b < 0) ? static_cast<T>(rest + b) : rest;
  return rest;
}

/// The same for floats, after https://onnx.ai/onnx/operators/onnx__Mod.html: a remainder of 0 has the divisor's sign
/// too, x mod 0 is NaN, and x mod an infinity of the other sign is that infinity.
inline float floored_mod(float a, float b) {
  const float rest = std::fmod(a, b);
  if (rest == 0) return std::copysign(0.0f, b);
  return (rest < 0) != (b < 0) ? rest + b : rest;
}

/// The nearest representable value below |x|; 0 for NaN.
template <class T>
T saturated(double x) {
  if (!(x == x)) return 0;
  if (x <= static_cast<double>(std::numeric_limits<T>::lowest())) return std::numeric_limits<T>::lowest();
  if (x >= static_cast<double>(std::numeric_limits<T>::max())) return std::numeric_limits<T>::max();
  return static_cast<T>(x);
}

/// base^exponent: exact and wrapping for whole exponents >= 0, truncated and saturated otherwise.
template <class T>
T integer_power(T base, double exponent) {
  if (exponent < 0 || exponent != std::floor(exponent) || exponent > 1e18)
    return saturated<T>(std::pow(static_cast<double>(base), exponent));
  T result = 1;
  for (uint64_t rest = static_cast<uint64_t>(exponent); rest; rest >>= 1) {
    if (rest & 1) result = wrapping_mul(result, base);
    base = wrapping_mul(base, base);
  }
  return result;
}

/// Bits shifted out are lost; to the right, signed numbers are filled up with their sign. Shifts by the width or more,
/// and negative ones, leave what the filling alone gives: -1 for a negative number to the right, else 0.
template <class T>
T shifted(T x, T by, bool left) {
  constexpr int width = std::numeric_limits<std::make_unsigned_t<T>>::digits;
  if (by < 0 || by >= width) return static_cast<T>(!left && x < 0 ? -1 : 0);
  return static_cast<T>(left ? static_cast<Wrapping<T>>(x) << by : x >> by);
}

}  // namespace cnn
