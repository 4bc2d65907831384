// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "plugin/property.h"

namespace cnn {

enum class Palette { Heat, Grey };

/// May change while frames flow.
struct ViewSettings {
  double low = 0, high = 0;  ///< values that are darkest and brightest; the same: those of each patch
  Palette palette = Palette::Heat;
};

const PropertyTable<ViewSettings>& view_properties();

/// Draws [bands, frames] values (or [frames, bands] where `band_rows` is false) as RGB, each as scale x scale pixels:
/// time from left to right, the lowest band at the bottom. `rgb` has bands * scale rows of `stride` bytes.
void draw_spectrogram(std::span<const float> values, int bands, int frames, bool band_rows,
                      const ViewSettings& settings, int scale, uint8_t* rgb, ptrdiff_t stride);

}  // namespace cnn
