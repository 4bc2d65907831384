// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>

namespace cnn {

/// From the components of a pixel to the values of a network: with v[c] = offset[c] + sum over k of matrix[c][k] *
/// in[k], clamped to 0 .. 255, channel c is v[c] * scale[c] + bias[c].
struct PixelTransform {
  int inputs = 3;   ///< components, 1 or 3
  int outputs = 3;  ///< channels, 1 or 3
  std::array<std::array<float, 3>, 3> matrix{};
  std::array<float, 3> offset{};
  std::array<float, 3> scale{1, 1, 1};
  std::array<float, 3> bias{};
};

/// Stores one row of `count` pixels. in[k]: the components' rows, values 0 .. 255. channel_step: elements from one
/// channel of a pixel to the next; 1 means interleaved ([w, c]), otherwise the row of channel c starts at
/// out + c * channel_step ([c, ..., w]). Integers are rounded to nearest and saturated. Safe from several threads.
void store_pixels(const PixelTransform& transform, const std::array<const float*, 3>& in, int64_t count,
                  int64_t channel_step, float* out);
void store_pixels(const PixelTransform& transform, const std::array<const float*, 3>& in, int64_t count,
                  int64_t channel_step, uint8_t* out);
void store_pixels(const PixelTransform& transform, const std::array<const float*, 3>& in, int64_t count,
                  int64_t channel_step, int8_t* out);

}  // namespace cnn
