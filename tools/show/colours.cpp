// SPDX-License-Identifier: MIT
#include "tools/show/colours.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace cnn::tools {
namespace {

using Stops = std::array<Colour, 5>;

constexpr Stops sequential{{{38, 8, 72}, {58, 76, 140}, {32, 144, 140}, {94, 202, 98}, {254, 232, 60}}};
constexpr Stops diverging{{{16, 60, 150}, {110, 165, 215}, {247, 247, 247}, {236, 130, 100}, {170, 12, 40}}};
/// Apart in hue as well as in brightness, for lines on a photograph.
constexpr Stops steps{{{40, 220, 255}, {70, 235, 110}, {255, 235, 60}, {255, 140, 40}, {255, 60, 150}}};

Colour between(const Stops& stops, double share) {
  if (std::isnan(share)) return {128, 128, 128};
  const double place = std::clamp(share, 0.0, 1.0) * static_cast<double>(stops.size() - 1);
  const size_t low = std::min(static_cast<size_t>(place), stops.size() - 2);
  const double part = place - static_cast<double>(low);
  const auto mix = [part](uint8_t a, uint8_t b) { return static_cast<uint8_t>(std::lround(a + (b - a) * part)); };
  const Colour &a = stops[low], &b = stops[low + 1];
  return {mix(a.red, b.red), mix(a.green, b.green), mix(a.blue, b.blue)};
}

}  // namespace

Colour sequential_colour(double share) { return between(sequential, share); }
Colour diverging_colour(double share) { return between(diverging, (share + 1) / 2); }
Colour step_colour(int index, int count) {
  return between(steps, count > 1 ? static_cast<double>(index) / (count - 1) : 0);
}

}  // namespace cnn::tools
