// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>

namespace cnn {

/// Interpolation points 0, +-p for each p in `points`, infinity of the convolution F(unit, 3) (Lavin, Gray, Fast
/// Algorithms for Convolutional Neural Networks, arXiv:1509.08308), and the numbers that follow from them. Signs in
/// pairs split every transform into a sum of its even and its odd part.
template <size_t pairs>
struct WinogradPoints {
  static constexpr size_t unit = 2 * pairs;   ///< results along an axis
  static constexpr size_t window = unit + 2;  ///< inputs along an axis
  std::array<double, pairs> points;
  std::array<double, pairs + 1> all;  ///< coefficients of the product of (y - p^2) over all p, lowest first
  std::array<std::array<double, pairs>, pairs> others;  ///< [i]: of the product over all but p_i

  explicit constexpr WinogradPoints(const std::array<double, pairs>& p) : points(p), all{}, others{} {
    multiply_out(all, pairs);
    for (size_t i = 0; i < pairs; ++i) multiply_out(others[i], i);
  }

  /// The filter transform G [window, 3] at (row, tap).
  constexpr double filter(size_t row, size_t tap) const {
    if (row == 0) return tap == 0 ? 1 / all[0] : 0;
    if (row == window - 1) return tap == 2 ? 1 : 0;
    const size_t i = (row - 1) / 2;
    const double p = row % 2 ? points[i] : -points[i], square = p * p;
    double divisor = 2 * square;
    for (size_t k = 0; k < pairs; ++k)
      if (k != i) divisor *= square - points[k] * points[k];
    return (tap == 0 ? 1 : tap == 1 ? p : square) / divisor;
  }

 private:
  template <size_t count>
  constexpr void multiply_out(std::array<double, count>& product, size_t left_out) const {
    product[0] = 1;
    size_t degree = 0;
    for (size_t i = 0; i < pairs; ++i) {
      if (i == left_out) continue;
      const double square = points[i] * points[i];
      ++degree;
      product[degree] = product[degree - 1];
      for (size_t k = degree - 1; k > 0; --k) product[k] = product[k - 1] - square * product[k];
      product[0] *= -square;
    }
  }
};

/// Points near 1 with a product near 1 keep powers small: F(4, 3) with sqrt(1/2) and sqrt(2) has half the error of 1
/// and 2 (Barabasz et al., Error Analysis and Improving the Accuracy of Winograd Convolution, arXiv:1803.10986).
template <size_t pairs>
inline constexpr std::array<double, pairs> winograd_point_values{1.0};
template <>
inline constexpr std::array<double, 2> winograd_point_values<2>{0.70710678118654752, 1.41421356237309505};
template <>
inline constexpr std::array<double, 3> winograd_point_values<3>{1.0, 0.55, 1.8};

/// F(2, 3), F(4, 3), F(6, 3) for 1, 2, 3 pairs.
template <size_t pairs>
inline constexpr WinogradPoints<pairs> winograd_points{winograd_point_values<pairs>};

}  // namespace cnn
