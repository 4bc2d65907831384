// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>

#include "engine/vision/image.h"

namespace cnn::reference {

using Triple = std::array<double, 3>;

/// R'G'B' in 0 .. 1 to Y'CbCr in 0 .. 255 by the standards' own (forward) equations.
inline Triple yuv_of_rgb(const Triple& rgb, ColorMatrix matrix, bool full_range) {
  const Triple k = matrix == ColorMatrix::Bt601   ? Triple{0.299, 0.587, 0.114}
                   : matrix == ColorMatrix::Bt709 ? Triple{0.2126, 0.7152, 0.0722}
                                                  : Triple{0.2627, 0.6780, 0.0593};
  const double y = k[0] * rgb[0] + k[1] * rgb[1] + k[2] * rgb[2];
  const double cb = (rgb[2] - y) / (2 * (1 - k[2]));
  const double cr = (rgb[0] - y) / (2 * (1 - k[0]));
  if (full_range) return {255 * y, 255 * cb + 128, 255 * cr + 128};
  return {219 * y + 16, 224 * cb + 128, 224 * cr + 128};
}

/// The R'G'B' (0 .. 255, clamped) whose Y'CbCr is `yuv`: the forward equations solved by Cramer's rule.
inline Triple rgb_of_yuv(const Triple& yuv, ColorMatrix matrix, bool full_range) {
  const Triple zero = yuv_of_rgb({0, 0, 0}, matrix, full_range);
  std::array<Triple, 3> columns;
  for (size_t c = 0; c < 3; ++c) {
    Triple unit{};
    unit[c] = 1;
    columns[c] = yuv_of_rgb(unit, matrix, full_range);
    for (size_t k = 0; k < 3; ++k) columns[c][k] -= zero[k];
  }
  const Triple wanted{yuv[0] - zero[0], yuv[1] - zero[1], yuv[2] - zero[2]};
  auto determinant = [](const Triple& a, const Triple& b, const Triple& c) {
    return a[0] * (b[1] * c[2] - b[2] * c[1]) - b[0] * (a[1] * c[2] - a[2] * c[1]) + c[0] * (a[1] * b[2] - a[2] * b[1]);
  };
  const double d = determinant(columns[0], columns[1], columns[2]);
  const Triple rgb{determinant(wanted, columns[1], columns[2]) / d, determinant(columns[0], wanted, columns[2]) / d,
                   determinant(columns[0], columns[1], wanted) / d};
  return {std::clamp(rgb[0] * 255, 0.0, 255.0), std::clamp(rgb[1] * 255, 0.0, 255.0),
          std::clamp(rgb[2] * 255, 0.0, 255.0)};
}

}  // namespace cnn::reference
