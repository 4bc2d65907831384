// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "engine/base/api.h"

namespace cnn {

/// y = (x - mean) / sqrt(variance + epsilon) * scale + bias for each row of x [rows, columns], by the row's own mean and
/// variance (Ba et al., arXiv:1607.06450); not `centred`: x / sqrt(mean of x^2 + epsilon) * scale + bias (Zhang &
/// Sennrich, arXiv:1910.07467). Columns are contiguous, rows `..._step` floats apart.
struct NormRows {
  int64_t columns;  ///< >= 1
  const float* x;
  int64_t x_step;
  float* y;  ///< may be x
  int64_t y_step;
  const float* scale = nullptr;  ///< [columns]; null: 1
  const float* bias = nullptr;   ///< [columns]; null: 0
  float epsilon = 1e-5f;
  bool centred = true;
  float* means = nullptr;    ///< [rows] what was subtracted, or null
  float* factors = nullptr;  ///< [rows] what was multiplied to the difference, or null
};

/// Rows [begin, end). Neither allocates nor fails; safe from several threads on different rows.
CNN_API void normalise_rows(const NormRows& arguments, int64_t begin, int64_t end);

}  // namespace cnn
