// SPDX-License-Identifier: MIT
#pragma once

#include "engine/kernels/qpairs.h"
#include "engine/ops/quantized.h"
#include "engine/ops/quantized_numbers.h"

namespace cnn {

/// Arguments of a sum or product of bytes of `type`, without addresses and counts.
inline QpairArguments numbers_of_pair(DataType type, bool multiplies, const QuantizedScale& a, const QuantizedScale& b,
                                      const QuantizedScale& y, const ResultBounds& bounds) {
  const float least = type == DataType::Int8 ? -128.0f : 0.0f, zero = static_cast<float>(y.zero());
  QpairArguments numbers{};
  numbers.is_signed = type == DataType::Int8;
  numbers.multiplies = multiplies;
  numbers.a_zero = a.zero(), numbers.b_zero = b.zero(), numbers.y_zero = y.zero();
  numbers.a_scale = a.scale(), numbers.b_scale = b.scale(), numbers.y_scale = y.scale();
  numbers.low = std::clamp(bounds.low_of(0, least), least, least + 255) - zero;
  numbers.high = std::clamp(bounds.high_of(0, least + 255), least, least + 255) - zero;
  return numbers;
}

}  // namespace cnn
