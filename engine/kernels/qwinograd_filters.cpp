// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <limits>

#include "engine/kernels/gemm_block.h"
#include "engine/kernels/qwinograd.h"
#include "engine/kernels/winograd.h"

namespace cnn {
namespace {

constexpr size_t most_columns = 64;  // of a panel

/// The filter transform, each row times what makes it integers and the results 2 or 24 times as large.
template <size_t unit>
struct FilterTransform;
template <>
struct FilterTransform<2> {
  static constexpr int rows[4][3] = {{2, 0, 0}, {1, 1, 1}, {1, -1, 1}, {0, 0, 2}};
};
template <>
struct FilterTransform<4> {
  static constexpr int rows[6][3] = {{6, 0, 0}, {1, 1, 1}, {1, -1, 1}, {1, 2, 4}, {1, -2, 4}, {0, 0, 6}};
};

/// Some numbers side by side, so that the loops over them are vectors.
using Columns = std::array<int32_t, most_columns>;

/// G g G^T of `count` filters side by side; element n of position i at packed[i * position_step + 2 * n].
template <size_t unit>
void transform(const std::array<Columns, 9>& filters, size_t count, int16_t* packed, int64_t position_step) {
  for (const auto& row : FilterTransform<unit>::rows) {
    std::array<Columns, 3> half;
    for (size_t x = 0; x < 3; ++x)
      for (size_t n = 0; n < count; ++n)
        half[x][n] = row[0] * filters[x][n] + row[1] * filters[3 + x][n] + row[2] * filters[6 + x][n];
    for (const auto& column : FilterTransform<unit>::rows) {
      for (size_t n = 0; n < count; ++n)
        packed[2 * n] = static_cast<int16_t>(column[0] * half[0][n] + column[1] * half[1][n] + column[2] * half[2][n]);
      packed += position_step;
    }
  }
}

/// The most that the weights of one sign, of one output and less its zero point, add up to.
int64_t largest_sum(const ConvGeometry& g, const QgemmWeights& weights) {
  return read_weights(weights, [&](const auto& from) {
    int64_t largest = 0;
    for (int64_t m = 0; m < g.outputs; ++m) {
      int64_t positive = 0, total = 0;
      for (int64_t c = 0; c < g.channels; ++c)
        for (int64_t tap = 0; tap < g.taps(); ++tap) {
          const int value = from.at(m, c, tap) - from.zero(m);
          positive += std::max(value, 0);
          total += value;
        }
      largest = std::max({largest, positive, positive - total});
    }
    return largest;
  });
}

/// Work in multiply-accumulates of pairs, transforms and the reading of filters included. The constants are measured:
/// tests/bench/algorithms, docs/decisions/0015-int8-winograd.md.
double cost(const ConvGeometry& g, int unit) {
  const double channels = static_cast<double>(g.channels), outputs = static_cast<double>(g.outputs);
  // A filter's number that comes from memory takes as long as this many multiply-accumulates in registers.
  constexpr double number_from_memory = 7;
  const int64_t side = unit ? unit : 1, positions = unit ? (unit + 2) * (unit + 2) : 9;
  const int64_t tiles = g.images * quotient_up(g.output[1], side) * quotient_up(g.output[2], side);
  // Register tiles load their columns whether or not they have many rows.
  const double rows =
      static_cast<double>(tiles) + 0.4 * static_cast<double>(quotient_up(tiles, gemm_target().tile_rows));
  const double products = channels * outputs * (rows + number_from_memory);
  // Of a transformed number: loads, stores and sums; of a product's, storing and reading it once more besides.
  const double transforms = unit ? static_cast<double>(tiles) * (9 * channels + 22 * outputs) : 0;
  return static_cast<double>(positions) * (products + transforms);
}

}  // namespace

bool Qwinograd::exact(int unit, const ConvGeometry& geometry, const QgemmWeights& weights) {
  // Pixels less their zero point are within [-z, 255 - z], so that no sum is beyond 255 times the weights of one sign.
  const int64_t most = std::numeric_limits<int32_t>::max() / (unit == 2 ? 4 : 64);
  return 255 * largest_sum(geometry, weights) <= most;
}

int Qwinograd::best_unit(const ConvGeometry& g, const QgemmWeights& weights) {
  if (!Winograd::fits(g)) return 0;
  constexpr double clearly = 0.9;
  const double least = clearly * cost(g, 0), small = cost(g, 2), large = cost(g, 4);
  if (large < std::min(least, small) && exact(4, g, weights)) return 4;
  return small < least && exact(2, g, weights) ? 2 : 0;
}

void Qwinograd::pack(const QgemmWeights& weights, int16_t* packed) const {
  std::array<Columns, 9> filters{};
  read_weights(weights, [&](const auto& from) {
    for (int64_t p = 0; p < panels_.count; ++p) {
      const int64_t width = panels_.width(p), first = panels_.first_column(p), step = 2 * panels_.depth * width;
      const int64_t used = std::min(width, panels_.columns - first);
      for (Columns& columns : filters) columns = {};
      for (int64_t c = 0; c < 2 * panels_.depth; ++c) {
        for (int64_t tap = 0; tap < 9; ++tap)
          for (int64_t n = 0; n < used; ++n)
            filters[static_cast<size_t>(tap)][static_cast<size_t>(n)] =
                c < geometry_.channels ? from.at(first + n, c, tap) - from.zero(first + n) : 0;
        int16_t* to = packed + 2 * (panels_.offset(p) * positions() + c / 2 * width) + c % 2;
        auto* transform_all = unit_ == 2 ? &transform<2> : &transform<4>;
        transform_all(filters, static_cast<size_t>(width), to, step);
      }
    }
  });
}

}  // namespace cnn
