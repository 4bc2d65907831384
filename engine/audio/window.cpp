// SPDX-License-Identifier: MIT
#include "engine/audio/window.h"

#include <array>
#include <cmath>
#include <numbers>

namespace cnn {
namespace {

/// a[0] - a[1] cos x + a[2] cos 2x
std::array<double, 3> terms_of(WindowKind kind) {
  switch (kind) {
    case WindowKind::Hann:
      return {0.5, 0.5, 0};
    case WindowKind::Hamming:
      return {0.54, 0.46, 0};
    case WindowKind::Blackman:
      return {0.42, 0.5, 0.08};
    case WindowKind::Rectangular:
      break;
  }
  return {1, 0, 0};
}

}  // namespace

std::vector<double> make_window(WindowKind kind, int length, bool periodic) {
  std::vector<double> window(static_cast<size_t>(length), 1.0);
  if (length == 1) return window;
  const auto a = terms_of(kind);
  const double step = 2 * std::numbers::pi / (periodic ? length : length - 1);
  for (int i = 0; i < length; ++i)
    window[static_cast<size_t>(i)] = a[0] - a[1] * std::cos(i * step) + a[2] * std::cos(2 * i * step);
  return window;
}

}  // namespace cnn
