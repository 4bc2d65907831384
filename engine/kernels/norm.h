// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "engine/kernels/elementwise_loop.h"

namespace cnn {

/// Local response normalisation across channels (ONNX LRN, Krizhevsky et al. 2012, section 3.3).
struct LrnParameters {
  int64_t size = 1;
  float alpha = 1e-4f, beta = 0.75f, bias = 1.0f;
};

/// y = x / (bias + alpha / size * sum of x^2 over the `size` channels around each)^beta for `pixels` pixels of
/// `channels` neighbouring channels, `x_step` and `y_step` elements apart. `y` is not `x`. Safe from several threads
/// on disjoint pixels.
void lrn_f32(const LrnParameters& parameters, const float* x, float* y, int64_t pixels, int64_t channels,
             int64_t x_step, int64_t y_step);

/// The same for channels that lie `channel_stride` apart, for one pixel.
void lrn_strided(const LrnParameters& parameters, const float* x, float* y, int64_t channels, int64_t x_stride,
                 int64_t y_stride);

/// Mean and variance (of the population) of x over a loop with one operand; in double precision.
struct Moments {
  double mean = 0, variance = 0;
};
Moments moments_of(const ElementwiseLoop& loop, const float* x);

/// Mean of x^2 over a loop with one operand.
double mean_square_of(const ElementwiseLoop& loop, const float* x);

}  // namespace cnn
