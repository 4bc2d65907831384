// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/api.h"
#include "engine/kernels/qgemm_output.h"

namespace cnn {

/// One tile of input: the window of (unit + 2)^2 pixels.
struct QwinogradInput {
  const std::byte* const* pixels;  ///< [window, window] addresses of `channels` bytes
  bool is_signed;                  ///< int8, else uint8
  int32_t zero;                    ///< subtracted from every byte; within their range
  int64_t channels;
  int16_t* output;      ///< [window, window] rows of `channels` numbers, and a 0 behind an odd one
  int64_t output_step;  ///< numbers between rows
};

/// output = B^T d B of every channel, for unit 2 or 4; at most 4 or 100 times 255, hence exact. One thread; neither
/// allocates nor fails.
CNN_API void qwinograd_input(int unit, const QwinogradInput& tile);

/// One tile of results, one panel of it.
struct QwinogradOutput {
  const int32_t* products;  ///< [window, window] rows of `width` sums
  int64_t product_step;
  int64_t width;                     ///< of the panel: whole vectors
  int64_t columns;                   ///< that are stored
  int64_t rows, pixels;              ///< results that lie in the picture, 1 to unit each
  const int32_t* bias;               ///< [width]
  QgemmOutput to;                    ///< arrays from the panel's first column on
  std::byte* output;                 ///< of the tile's first result
  int64_t output_row, output_pixel;  ///< elements between rows and between pixels
};

/// output = A^T m A + bias as QgemmOutput says, where m's sums may have wrapped around. Exact where A^T m A times 4 or
/// 64, for unit 2 or 4, is an int32. One thread; neither allocates nor fails.
CNN_API void qwinograd_output(int unit, const QwinogradOutput& tile);

}  // namespace cnn
