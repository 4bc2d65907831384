// SPDX-License-Identifier: MIT
#include "plugin/spectrogram/colour_map.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace cnn {

template <>
GType enum_type<Palette>() {
  static const GEnumValue values[] = {{static_cast<int>(Palette::Heat), "Black, purple, red, yellow, white", "heat"},
                                      {static_cast<int>(Palette::Grey), "Black to white", "grey"},
                                      {0, nullptr, nullptr}};
  static const GType type = register_enum("CnnSpectrogramViewPalette", values);
  return type;
}

const PropertyTable<ViewSettings>& view_properties() {
  static const PropertyTable<ViewSettings> table = {
      property<ViewSettings>("low", "Value that is drawn darkest; with high the same: the least of each patch",
                             &ViewSettings::low, kMutablePlaying, -1e9, 1e9),
      property<ViewSettings>("high", "Value that is drawn brightest; with low the same: the greatest of each patch",
                             &ViewSettings::high, kMutablePlaying, -1e9, 1e9),
      property<ViewSettings>("palette", "Colours", &ViewSettings::palette, kMutablePlaying),
  };
  return table;
}

namespace {

using Colour = std::array<float, 3>;

// Brightness grows along each, so that a print in grey still tells loud from soft.
constexpr std::array<Colour, 5> kHeat{{{0, 0, 0}, {80, 20, 120}, {210, 50, 60}, {250, 170, 40}, {255, 255, 230}}};
constexpr std::array<Colour, 2> kGrey{{{0, 0, 0}, {255, 255, 255}}};

std::array<uint8_t, 3> colour_at(std::span<const Colour> palette, float share) {
  const float place = share * static_cast<float>(palette.size() - 1);
  const size_t below = std::min(static_cast<size_t>(place), palette.size() - 2);
  const float part = place - static_cast<float>(below);
  std::array<uint8_t, 3> colour{};
  for (size_t c = 0; c < 3; ++c)
    colour[c] =
        static_cast<uint8_t>(std::lround(palette[below][c] + part * (palette[below + 1][c] - palette[below][c])));
  return colour;
}

}  // namespace

void draw_spectrogram(std::span<const float> values, int bands, int frames, bool band_rows,
                      const ViewSettings& settings, int scale, uint8_t* rgb, ptrdiff_t stride) {
  double low = settings.low, high = settings.high;
  if (low == high) {
    const auto [least, greatest] = std::ranges::minmax(values);
    low = least;
    high = greatest;
  }
  const auto palette =
      settings.palette == Palette::Grey ? std::span<const Colour>(kGrey) : std::span<const Colour>(kHeat);
  for (int row = 0; row < bands; ++row) {
    const int band = bands - 1 - row;
    uint8_t* line = rgb + int64_t{row} * scale * stride;
    for (int t = 0; t < frames; ++t) {
      const float value = values[static_cast<size_t>(band_rows ? band * frames + t : t * bands + band)];
      const double share = high != low ? (value - low) / (high - low) : 0;
      const auto colour = colour_at(palette, share == share ? static_cast<float>(std::clamp(share, 0.0, 1.0)) : 0.0f);
      for (int x = 0; x < scale; ++x) std::memcpy(line + (int64_t{t} * scale + x) * 3, colour.data(), 3);
    }
    for (int y = 1; y < scale; ++y)
      std::memcpy(line + y * stride, line, static_cast<size_t>(frames) * static_cast<size_t>(scale) * 3);
  }
}

}  // namespace cnn
