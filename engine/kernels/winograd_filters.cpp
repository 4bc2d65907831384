// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>

#include "engine/kernels/winograd.h"
#include "engine/kernels/winograd_points.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/winograd_filters.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {

constexpr int64_t most_columns = 64;  // of a panel

/// Some filters side by side, so that the loops over them are vectors.
template <size_t rows, size_t columns>
using Filters = std::array<std::array<std::array<double, most_columns>, columns>, rows>;

/// The filter transform G as a table.
template <size_t pairs>
constexpr auto filter_transform() {
  std::array<std::array<double, 3>, WinogradPoints<pairs>::window> g{};
  for (size_t row = 0; row < g.size(); ++row)
    for (size_t tap = 0; tap < 3; ++tap) g[row][tap] = winograd_points<pairs>.filter(row, tap);
  return g;
}

/// G g G^T in double precision, rounded once. The compiler makes vectors of the target's length of the inner loops.
template <size_t pairs>
void transform(const Filters<3, 3>& filters, int64_t count, float* packed, int64_t position_step) {
  constexpr auto g = filter_transform<pairs>();
  Filters<g.size(), 3> half;
  for (size_t i = 0; i < g.size(); ++i)
    for (size_t x = 0; x < 3; ++x)
      for (size_t n = 0; n < static_cast<size_t>(count); ++n)
        half[i][x][n] = g[i][0] * filters[0][x][n] + g[i][1] * filters[1][x][n] + g[i][2] * filters[2][x][n];
  for (size_t i = 0; i < g.size(); ++i)
    for (size_t k = 0; k < g.size(); ++k) {
      float* to = packed + static_cast<int64_t>(i * g.size() + k) * position_step;
      for (size_t n = 0; n < static_cast<size_t>(count); ++n)
        to[n] = static_cast<float>(g[k][0] * half[i][0][n] + g[k][1] * half[i][1][n] + g[k][2] * half[i][2][n]);
    }
}

void pack_filters(int unit, const GemmPanels& panels, const float* weights, const Igemm::WeightSteps& steps,
                  float* packed) {
  auto transform_all = unit == 2 ? &transform<1> : unit == 4 ? &transform<2> : &transform<3>;
  Filters<3, 3> filters{};
  for (int64_t p = 0; p < panels.count; ++p) {
    const int64_t width = panels.width(p), first = panels.first_column(p);
    const int64_t used = std::min(width, panels.columns - first);
    for (size_t tap = 0; tap < 9; ++tap)
      std::fill(filters[tap / 3][tap % 3].begin() + used, filters[tap / 3][tap % 3].end(), 0.0);
    for (int64_t c = 0; c < panels.depth; ++c) {
      for (int64_t n = 0; n < used; ++n) {
        const float* from = weights + (first + n) * steps.output + c * steps.channel;
        for (size_t tap = 0; tap < 9; ++tap)
          filters[tap / 3][tap % 3][static_cast<size_t>(n)] = from[static_cast<int64_t>(tap) * steps.tap];
      }
      transform_all(filters, width, packed + panels.offset(p) + c * width, panels.size());
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cnn {

HWY_EXPORT(pack_filters);

void Winograd::pack(const float* weights, const Igemm::WeightSteps& steps, float* packed) const {
  HWY_DYNAMIC_DISPATCH(pack_filters)(unit_, panels_, weights, steps, packed);
}

}  // namespace cnn
#endif  // HWY_ONCE
