// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "engine/base/api.h"
#include "engine/kernels/activation.h"

namespace cnn {

/// One tile of input: the window of (unit + 2)^2 pixels.
struct WinogradInput {
  const float* const* pixels;  ///< [window, window] addresses of `channels` floats
  int64_t channels;
  float* output;  ///< [window, window] rows of `channels` floats
  int64_t output_step;
};

/// output = B^T d B of every channel, for unit 2, 4 or 6. One thread; neither allocates nor fails.
CNN_API void winograd_input(int unit, const WinogradInput& tile);

/// One tile of results, some channels of it.
struct WinogradOutput {
  const float* products;  ///< [window, window] rows of `channels` floats
  int64_t product_step;
  int64_t channels;
  int64_t height, width;                 ///< results that lie in the picture, 1 to unit
  const float* bias;                     ///< [channels] or null
  const float* residual;                 ///< of the tile's first pixel, added before the activation, or null
  int64_t residual_row, residual_pixel;  ///< floats between rows and between pixels
  float* output;
  int64_t output_row, output_pixel;
  Activation activation;
};

/// output = activation(A^T m A + bias + residual). One thread; neither allocates nor fails.
CNN_API void winograd_output(int unit, const WinogradOutput& tile);

}  // namespace cnn
