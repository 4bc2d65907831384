// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

namespace cnn {

/// Linear quantisation, https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html: q = saturate(round(x / scale) + zero),
/// ties to even; NaN becomes the lowest value. T is int8_t, uint8_t, int16_t or uint16_t; X is float or int32_t.
/// Spans of one call have the same size. Safe from several threads.

/// Every element with the same scale.
template <class T, class X>
void quantize_row(std::span<const X> x, float scale, T zero, std::span<T> q);
/// Element i with scales[i] and zeros[i]; empty `zeros` are 0.
template <class T, class X>
void quantize_columns(std::span<const X> x, std::span<const float> scales, std::span<const T> zeros, std::span<T> q);

/// x = (q - zero) * scale; T may also be int32_t.
template <class T>
void dequantize_row(std::span<const T> q, float scale, T zero, std::span<float> x);
template <class T>
void dequantize_columns(std::span<const T> q, std::span<const float> scales, std::span<const T> zeros,
                        std::span<float> x);

/// Lowest and highest of `x` and 0.
struct ValueRange {
  float low, high;
};
ValueRange range_with_zero(std::span<const float> x);

}  // namespace cnn
