// SPDX-License-Identifier: MIT
#include "engine/kernels/quantize.h"

#include <algorithm>
#include <limits>

namespace cnn {
namespace {

/// Adding and taking away 1.5 * 2^23 rounds |x| < 2^22 to the nearest integer, ties to even, in vector registers.
constexpr float rounding = 12582912.0f;

template <class T>
inline T quantized(float x, float scale, float zero) {
  // Clamping first keeps the value where rounding and conversion are exact. std::max(low, NaN) is low.
  constexpr float lowest = std::numeric_limits<T>::min();
  constexpr float highest = std::numeric_limits<T>::max();
  const float clamped = std::min(highest - zero, std::max(lowest - zero, x / scale));
  return static_cast<T>(static_cast<int32_t>((clamped + rounding) - rounding + zero));
}

}  // namespace

template <class T, class X>
void quantize_row(std::span<const X> x, float scale, T zero, std::span<T> q) {
  const float offset = zero;
  for (size_t i = 0; i < q.size(); ++i) q[i] = quantized<T>(static_cast<float>(x[i]), scale, offset);
}

template <class T, class X>
void quantize_columns(std::span<const X> x, std::span<const float> scales, std::span<const T> zeros, std::span<T> q) {
  if (zeros.empty())
    for (size_t i = 0; i < q.size(); ++i) q[i] = quantized<T>(static_cast<float>(x[i]), scales[i], 0);
  else
    for (size_t i = 0; i < q.size(); ++i) q[i] = quantized<T>(static_cast<float>(x[i]), scales[i], zeros[i]);
}

template <class T>
void dequantize_row(std::span<const T> q, float scale, T zero, std::span<float> x) {
  if constexpr (sizeof(T) == 4) {
    for (size_t i = 0; i < x.size(); ++i)
      x[i] = static_cast<float>(static_cast<double>(q[i]) - static_cast<double>(zero)) * scale;
  } else {
    for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(q[i] - zero) * scale;
  }
}

template <class T>
void dequantize_columns(std::span<const T> q, std::span<const float> scales, std::span<const T> zeros,
                        std::span<float> x) {
  if (zeros.empty())
    for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(q[i]) * scales[i];
  else
    for (size_t i = 0; i < x.size(); ++i)
      x[i] = static_cast<float>(static_cast<int64_t>(q[i]) - static_cast<int64_t>(zeros[i])) * scales[i];
}

ValueRange range_with_zero(std::span<const float> x) {
  float low = 0, high = 0;
  for (float value : x) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  return {low, high};
}

#define CNN_QUANTIZE(T)                                                                                               \
  template void quantize_row<T, float>(std::span<const float>, float, T, std::span<T>);                               \
  template void quantize_row<T, int32_t>(std::span<const int32_t>, float, T, std::span<T>);                           \
  template void quantize_columns<T, float>(std::span<const float>, std::span<const float>, std::span<const T>,        \
                                           std::span<T>);                                                             \
  template void quantize_columns<T, int32_t>(std::span<const int32_t>, std::span<const float>, std::span<const T>,    \
                                             std::span<T>);
#define CNN_DEQUANTIZE(T)                                                             \
  template void dequantize_row<T>(std::span<const T>, float, T, std::span<float>);    \
  template void dequantize_columns<T>(std::span<const T>, std::span<const float>, std::span<const T>, std::span<float>);

CNN_QUANTIZE(int8_t)
CNN_QUANTIZE(uint8_t)
CNN_QUANTIZE(int16_t)
CNN_QUANTIZE(uint16_t)
CNN_DEQUANTIZE(int8_t)
CNN_DEQUANTIZE(uint8_t)
CNN_DEQUANTIZE(int16_t)
CNN_DEQUANTIZE(uint16_t)
CNN_DEQUANTIZE(int32_t)

}  // namespace cnn
