// SPDX-License-Identifier: MIT
#include "tools/tensor_compare.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace cnn::tools {
namespace {

/// Of float32, relative: what is left where numbers as large as a tensor's largest cancel out.
constexpr double rounding = 0x1p-24;

void compare_floats(const float* actual, std::span<const float> expected, const Tolerance& tolerance,
                    Comparison& result) {
  double largest = 0;
  for (float e : expected)
    if (std::isfinite(e)) largest = std::max(largest, std::abs(static_cast<double>(e)));
  const double absolute = std::max(tolerance.absolute, largest * rounding);
  for (size_t i = 0; i < expected.size(); ++i) {
    const double a = actual[i], e = expected[i];
    if (a == e || (std::isnan(a) && std::isnan(e))) continue;
    double difference = std::abs(a - e);
    if (!std::isfinite(difference)) difference = std::numeric_limits<double>::infinity();
    const double relative =
        e == 0 || !std::isfinite(e) ? std::numeric_limits<double>::infinity() : difference / std::abs(e);
    result.worst_absolute = std::max(result.worst_absolute, difference);
    result.worst_relative = std::max(result.worst_relative, relative);
    if (!std::isfinite(e) || !(difference <= absolute + tolerance.relative * std::abs(e))) result.agrees = false;
  }
}

template <class T>
void compare_integers(const T* actual, std::span<const T> expected, int64_t allowed, Comparison& result) {
  for (size_t i = 0; i < expected.size(); ++i) {
    const T a = actual[i], e = expected[i];
    if (a == e) continue;
    const double difference = std::abs(static_cast<double>(a) - static_cast<double>(e));
    result.worst_absolute = std::max(result.worst_absolute, difference);
    result.worst_relative = std::max(result.worst_relative, e == T{} ? std::numeric_limits<double>::infinity()
                                                                     : difference / std::abs(static_cast<double>(e)));
    if (difference > static_cast<double>(allowed) || allowed == 0) result.agrees = false;
  }
}

}  // namespace

Comparison compare(const TensorDesc& desc, const std::byte* actual, const Tensor& expected,
                   const Tolerance& tolerance) {
  Comparison result;
  if (desc.dtype != expected.desc.dtype || desc.shape != expected.desc.shape) {
    result.agrees = false;
    result.mismatch = "is " + std::string(to_string(desc.dtype)) + " " + to_string(desc.shape) + ", expected " +
                      std::string(to_string(expected.desc.dtype)) + " " + to_string(expected.desc.shape);
    return result;
  }
  with_type(desc.dtype, [&](auto zero) {
    using T = decltype(zero);
    const auto* values = reinterpret_cast<const T*>(actual);
    if constexpr (std::is_same_v<T, float>)
      compare_floats(values, expected.values<T>(), tolerance, result);
    else
      compare_integers(values, expected.values<T>(), sizeof(T) == 1 && !std::is_same_v<T, bool> ? tolerance.integer : 0,
                       result);
  });
  return result;
}

}  // namespace cnn::tools
