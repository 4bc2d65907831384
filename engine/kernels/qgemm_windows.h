// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "engine/base/api.h"
#include "engine/kernels/conv_geometry.h"

namespace cnn {

/// Windows of a convolution of few channels as rows of a matrix (im2row): dense pixels [images, depth, height, width,
/// channels] of bytes -> int16 [pixels, kernel depth, height, width, channels], each byte less `zero`, 0 in the padding
/// and beside an odd last number. A row of the kernel lies in one piece in the image already.
struct QgemmWindows {
  const ConvGeometry* geometry;  ///< whose windows_fit()
  const void* input;
  bool is_signed;  ///< int8, else uint8
  int32_t zero;    ///< within the bytes' range
  int64_t first;   ///< output pixel, counted over all images
  int64_t pixels;
  int16_t* windows;      ///< and windows_slack int16 behind the last one, which are overwritten
  int64_t windows_step;  ///< int16 from window to window, an even number
};
constexpr int64_t windows_slack = 32, most_window_numbers = 512;

/// Whether windows as rows of a matrix are worth their copy: so few channels that pairs and taps would be half empty.
CNN_API bool windows_fit(const ConvGeometry& geometry, int64_t input_step);

/// One thread; neither allocates nor fails.
CNN_API void copy_windows(const QgemmWindows& work);

}  // namespace cnn
