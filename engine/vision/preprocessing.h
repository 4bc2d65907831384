// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "engine/kernels/resize_filter.h"

namespace cnn {

/// Stretch: the whole picture, aspect ratio lost. CentreCrop: the largest centred part of the input's aspect ratio.
/// Letterbox: the whole picture with its aspect ratio, the rest filled.
enum class ResizeMode : uint8_t { Stretch, CentreCrop, Letterbox };

/// Order and number of a network's channels.
enum class ChannelOrder : uint8_t { Rgb, Bgr, Gray };

/// How pixels become what a network reads: value = (x - mean) * scale with x in 0 .. 255. Lists are in the order of the
/// model's channels; a list of one value holds for all.
/// Empty lists mean the default of the input's type: float32 x / 255, uint8 x, int8 x - 128. Of PixelFormat::GrayF32, x is
/// the value as it is, and empty lists leave it so.
struct Preprocessing {
  bool spectrogram = false;  ///< the input is a spectrogram, so only PixelFormat::GrayF32 is taken
  std::optional<ChannelOrder> order;  ///< absent: Rgb, or Gray where the model has one channel
  std::vector<float> mean;
  std::vector<float> scale;
  ResizeMode resize = ResizeMode::Stretch;
  Interpolation interpolation = Interpolation::Bilinear;
  bool antialias = true;                    ///< off: skips pixels when shrinking, for models trained that way
  double crop = 1;                          ///< CentreCrop: share of the shorter side that is kept; Stretch: of both sides; (0, 1]
  std::vector<float> fill{114, 114, 114};   ///< Letterbox: 0 .. 255
  std::optional<std::pair<int, int>> size;  ///< width, height for models that leave them open
};

}  // namespace cnn
