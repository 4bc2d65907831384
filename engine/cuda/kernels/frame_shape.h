// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "engine/cuda/kernels/divisor.h"

namespace cnn::cuda {

/// A ResizeFilter on the device: result i is the sum over k < used[i] of weights[i * taps + k] / (1 << weight_bits) times
/// sample first[i] + k.
struct FrameFilter {
  static constexpr int weight_bits = 14;
  const int32_t* first = nullptr;
  const int32_t* used = nullptr;
  const int16_t* weights = nullptr;
  int taps = 0;
};

/// A component of a frame's pixels: sample (column, row) is byte `origin` + row * stride + column * step of `bytes`, or with
/// deep_shift the 16-bit number there, shifted right by so much and rounded.
struct FrameComponent {
  const uint8_t* bytes = nullptr;
  int64_t origin = 0, stride = 0;
  int step = 1, deep_shift = 0;
  FrameFilter columns, rows;
};

/// Everything but the numbers' type. Items are the pixels of the network's input.
struct FrameShape {
  Divisor width;               ///< of the input; the item's row is the quotient
  int x, y, columns, rows;     ///< of the resized picture inside the input; the rest is `fill`
  int inputs, outputs;         ///< components, 1 or 3; channels, 1 or 3
  FrameComponent components[3];
  float matrix[3][3], offset[3], scale[3], bias[3];  ///< see PixelTransform
  float fill[3];
  int64_t row_step, pixel_step, channel_step;  ///< elements of the input
  int padded;  ///< channels [outputs, padded) become 0
  bool by_eight;  ///< channel_step is 1, padded 8 and pixels are 16-byte aligned
  bool folded;    ///< 2x2 pixels are one, see FoldedConvolution; items beyond the input's size become 0
  int input_columns, input_rows;
};

}  // namespace cnn::cuda
