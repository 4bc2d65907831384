// SPDX-License-Identifier: MIT
#include "engine/ops/resize_taps.h"

#include <algorithm>
#include <cmath>

namespace cnn {
namespace {

/// Position in the input of output position `x`.
template <class Real>
Real origin(ResizeCoordinates coordinates, const ResizeAxis& a, Real x) {
  const auto in = static_cast<Real>(a.in), scale = static_cast<Real>(a.scale), length = static_cast<Real>(a.length);
  const Real half = Real{1} / 2;
  switch (coordinates) {
    case ResizeCoordinates::Asymmetric:
      return x / scale;
    case ResizeCoordinates::AlignCorners:
      return length == 1 ? 0 : x * (in - 1) / (length - 1);
    case ResizeCoordinates::TfCropAndResize: {
      const auto begin = static_cast<Real>(a.roi_begin), span = (static_cast<Real>(a.roi_end) - begin) * (in - 1);
      return begin * (in - 1) + (length == 1 ? span / 2 : x * span / (length - 1));
    }
    case ResizeCoordinates::PytorchHalfPixel:
      if (a.out == 1) return 0;
      break;
    case ResizeCoordinates::HalfPixelSymmetric:
      return in / 2 * (1 - static_cast<Real>(a.out) / length) + (x + half) / scale - half;
    case ResizeCoordinates::HalfPixel:
      break;
  }
  return (x + half) / scale - half;
}

double rounded(ResizeRounding rounding, double x, bool shrinks) {
  const double below = std::floor(x), fraction = x - below;
  switch (rounding) {
    case ResizeRounding::Floor:
      return below;
    case ResizeRounding::Ceil:
      return std::ceil(x);
    case ResizeRounding::PreferFloor:
      return fraction <= 0.5 ? below : below + 1;
    case ResizeRounding::PreferCeil:
      return fraction < 0.5 ? below : below + 1;
    case ResizeRounding::Legacy:
      break;
  }
  return shrinks ? std::ceil(x) : below;
}

/// Weight of a tap at distance `x` (in steps of the narrower of both grids).
double filter(const ResizeSampling& s, double x) {
  x = std::fabs(x);
  if (s.mode == ResizeMode::Linear) return std::max(0.0, 1 - x);
  const double a = s.cubic_a;
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return ((x - 5) * x + 8) * x * a - 4 * a;
  return 0;
}

/// First tap relative to the position below the origin; taps reach equally far to both sides.
int64_t first_tap(const ResizeSampling& s, double scale) {
  const double reach = s.mode == ResizeMode::Linear ? 1 : 2;
  return static_cast<int64_t>(std::floor(-reach / scale)) + 1;
}

bool reads_itself(const ResizeTaps& taps) {
  if (taps.in != taps.out || !taps.outside.empty()) return false;
  for (int64_t o = 0; o < taps.out; ++o)
    for (int64_t k = 0; k < taps.count; ++k) {
      const size_t at = static_cast<size_t>(o * taps.count + k);
      if (taps.weights[at] != 0 && taps.indices[at] != o) return false;
    }
  return true;
}

}  // namespace

ResizeTaps resize_taps(const ResizeSampling& s, const ResizeAxis& axis) {
  if (axis.out == 0) return {axis.in, 0, 1, {}, {}, {}, axis.in == 0};
  const bool nearest = s.mode == ResizeMode::Nearest;
  const double spread = s.antialias ? std::min(1.0, axis.scale) : 1.0;
  const int64_t first = nearest ? 0 : first_tap(s, spread);
  ResizeTaps taps{axis.in, axis.out, nearest ? 1 : 2 - 2 * first, {}, {}, {}, false};
  const double last = static_cast<double>(axis.in - 1);
  std::vector<double> weights(static_cast<size_t>(taps.count), 1.0);
  for (int64_t o = 0; o < axis.out; ++o) {
    double x = axis.stated_scale ? static_cast<double>(origin(s.coordinates, axis, static_cast<float>(o)))
                                 : origin(s.coordinates, axis, static_cast<double>(o));
    if (s.coordinates == ResizeCoordinates::TfCropAndResize && !(x >= 0 && x <= last)) {
      taps.outside.resize(static_cast<size_t>(axis.out));
      taps.outside[static_cast<size_t>(o)] = true;
      x = 0;
    }
    if (nearest) {
      taps.indices.push_back(static_cast<int64_t>(std::clamp(rounded(s.rounding, x, axis.scale < 1), 0.0, last)));
      taps.weights.push_back(1);
      continue;
    }
    x = std::clamp(x, -static_cast<double>(axis.in) - 1, 2 * static_cast<double>(axis.in));
    const int64_t below = static_cast<int64_t>(std::floor(x));
    const double fraction = x - static_cast<double>(below);
    double sum = 0;
    for (int64_t k = 0; k < taps.count; ++k) {
      const int64_t at = below + first + k;
      double& weight = weights[static_cast<size_t>(k)];
      weight = filter(s, (static_cast<double>(first + k) - fraction) * spread);
      if (s.exclude_outside && (at < 0 || at >= axis.in)) weight = 0;
      sum += weight;
      taps.indices.push_back(std::clamp<int64_t>(at, 0, axis.in - 1));
    }
    for (double weight : weights) taps.weights.push_back(static_cast<float>(sum != 0 ? weight / sum : 0));
  }
  taps.identity = reads_itself(taps);
  return taps;
}

}  // namespace cnn
