// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "engine/base/api.h"

namespace cnn {

/// y[i] = y_zero + round(min(high, max(low, f(a[i], b[i])))), ties to even, of bytes less their zero points: with
/// `multiplies` f = a b (a_scale b_scale / y_scale), else (a a_scale + b b_scale) / y_scale, each operation rounded to
/// float32. y_zero + low and y_zero + high are within the bytes' range.
struct QpairArguments {
  const void* a;
  const void* b;
  void* y;
  int64_t b_step;  ///< bytes from operand to operand: 1, or 0 for one b
  int64_t count;
  bool is_signed;  ///< int8, else uint8
  bool multiplies;
  int32_t a_zero, b_zero, y_zero;
  float a_scale, b_scale, y_scale;
  float low, high;
};

/// One thread; neither allocates nor fails.
CNN_API void combine_qpairs(const QpairArguments& arguments);

}  // namespace cnn
