// SPDX-License-Identifier: MIT
#pragma once

#include <array>

#include "engine/vision/image.h"
#include "engine/vision/pixel_format.h"
#include "engine/vision/preprocessing.h"

namespace cnn {

/// channel[c] = offset[c] + sum over k of matrix[c][k] * component[k], everything in 0 .. 255 (before clamping).
/// Only the first `inputs` components are used: grey channels of Y'CbCr need no chroma.
struct ColorTransform {
  int inputs = 3;
  int outputs = 3;
  std::array<std::array<double, 3>, 3> matrix{};
  std::array<double, 3> offset{};
};

/// From a format's components to a network's channels. Y'CbCr by ITU-R BT.601-7 2.5, BT.709-6 3, BT.2020-2 table 4, in
/// limited or full range; grey of RGB pictures is BT.601's luma.
ColorTransform color_transform(ColorModel model, ColorMatrix matrix, bool full_range, ChannelOrder order);

}  // namespace cnn
