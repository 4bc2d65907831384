// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>

#include "engine/kernels/winograd.h"
#include "engine/kernels/winograd_points.h"

namespace cnn {
namespace {

constexpr int64_t most_columns = 64;  // of a panel

/// Some filters side by side, so that the loops over them are vectors.
template <size_t rows, size_t columns>
using Filters = std::array<std::array<std::array<double, most_columns>, columns>, rows>;

/// G g G^T in double precision, rounded once.
template <size_t pairs>
void transform(const Filters<3, 3>& filters, int64_t count, float* packed, int64_t position_step) {
  constexpr const WinogradPoints<pairs>& points = winograd_points<pairs>;
  constexpr size_t window = points.window;
  Filters<window, 3> half;
  for (size_t i = 0; i < window; ++i)
    for (size_t x = 0; x < 3; ++x)
      for (size_t n = 0; n < static_cast<size_t>(count); ++n)
        half[i][x][n] = points.filter(i, 0) * filters[0][x][n] + points.filter(i, 1) * filters[1][x][n] +
                        points.filter(i, 2) * filters[2][x][n];
  for (size_t i = 0; i < window; ++i)
    for (size_t k = 0; k < window; ++k) {
      float* to = packed + static_cast<int64_t>(i * window + k) * position_step;
      for (size_t n = 0; n < static_cast<size_t>(count); ++n)
        to[n] = static_cast<float>(points.filter(k, 0) * half[i][0][n] + points.filter(k, 1) * half[i][1][n] +
                                   points.filter(k, 2) * half[i][2][n]);
    }
}

}  // namespace

void Winograd::pack(const float* weights, const Igemm::WeightSteps& steps, float* packed) const {
  auto transform_all = unit_ == 2 ? &transform<1> : unit_ == 4 ? &transform<2> : &transform<3>;
  Filters<3, 3> filters{};
  for (int64_t p = 0; p < panels_.count; ++p) {
    const int64_t width = panels_.width(p), first = panels_.first_column(p);
    const int64_t used = std::min(width, panels_.columns - first);
    for (size_t tap = 0; tap < 9; ++tap)
      std::fill(filters[tap / 3][tap % 3].begin() + used, filters[tap / 3][tap % 3].end(), 0.0);
    for (int64_t c = 0; c < panels_.depth; ++c) {
      for (int64_t n = 0; n < used; ++n) {
        const float* from = weights + (first + n) * steps.output + c * steps.channel;
        for (size_t tap = 0; tap < 9; ++tap)
          filters[tap / 3][tap % 3][static_cast<size_t>(n)] = from[static_cast<int64_t>(tap) * steps.tap];
      }
      transform_all(filters, width, packed + panels_.offset(p) + c * width, panels_.size());
    }
  }
}

}  // namespace cnn
