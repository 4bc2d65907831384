// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>

namespace cnn {

/// A convolution over [images, depth, height, width, channels]; fewer spatial axes have leading extents of 1.
/// Arrays stand for depth, height, width. All products are known to fit in 63 bits; `outputs` and `channels` count all
/// groups.
struct ConvGeometry {
  int64_t images = 0;
  int64_t channels = 0;
  int64_t outputs = 0;
  int64_t groups = 1;
  std::array<int64_t, 3> input{1, 1, 1};
  std::array<int64_t, 3> output{1, 1, 1};
  std::array<int64_t, 3> kernel{1, 1, 1};
  std::array<int64_t, 3> stride{1, 1, 1};
  std::array<int64_t, 3> dilation{1, 1, 1};
  std::array<int64_t, 3> pad_begin{0, 0, 0};

  int64_t taps() const { return kernel[0] * kernel[1] * kernel[2]; }
  int64_t group_channels() const { return channels / groups; }
  int64_t group_outputs() const { return outputs / groups; }
  int64_t output_pixels() const { return images * output[0] * output[1] * output[2]; }
};

}  // namespace cnn
