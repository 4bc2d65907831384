// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "engine/base/api.h"

namespace cnn {

/// Bytes [pixels, channels]: y = y_zero + round(min(high, max(low, (x - x_zero) factor + summand))), ties to even, the
/// product and the sum rounded to float32 each. Arrays are [channels]; y_zero + low and y_zero + high are within the
/// bytes' range.
struct QaffineArguments {
  const void* x;
  int64_t x_step;  ///< bytes from pixel to pixel
  bool is_signed;  ///< x is int8, else uint8
  int32_t x_zero;
  const float *factor, *summand, *low, *high;
  int32_t y_zero;
  void* y;
  int64_t y_step;
  int64_t pixels, channels;
};

/// One thread; neither allocates nor fails.
CNN_API void apply_qaffine(const QaffineArguments& arguments);

}  // namespace cnn
