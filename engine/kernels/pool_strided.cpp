// SPDX-License-Identifier: MIT
#include <cmath>
#include <limits>

#include "engine/kernels/pool.h"

namespace cnn {
namespace {

/// Calls window(n, c, at) for every output element of the rows, at = (z, y, x).
template <class Window>
void for_windows(const PoolGeometry& g, int64_t row_begin, int64_t row_end, Window&& window) {
  for (int64_t row = row_begin; row < row_end; ++row) {
    const int64_t n = row / g.axes[1].out / g.axes[0].out;
    std::array<int64_t, 3> at = {row / g.axes[1].out % g.axes[0].out, row % g.axes[1].out, 0};
    for (; at[2] < g.axes[2].out; ++at[2])
      for (int64_t c = 0; c < g.channels; ++c) window(n, c, at);
  }
}

int64_t offset(const std::array<int64_t, 5>& strides, int64_t n, int64_t c, const std::array<int64_t, 3>& at) {
  return n * strides[0] + c * strides[1] + at[0] * strides[2] + at[1] * strides[3] + at[2] * strides[4];
}

/// Calls tap(position) for the taps of window `at` inside the input, position = (z, y, x).
template <class Tap>
void for_taps(const PoolGeometry& g, const std::array<int64_t, 3>& at, Tap&& tap) {
  const auto position = [&](int axis, int64_t k) { return g.axes[axis].start(at[axis]) + k * g.axes[axis].dilation; };
  const int64_t last[] = {g.axes[0].last_tap(at[0]), g.axes[1].last_tap(at[1]), g.axes[2].last_tap(at[2])};
  for (int64_t z = g.axes[0].first_tap(at[0]); z < last[0]; ++z)
    for (int64_t y = g.axes[1].first_tap(at[1]); y < last[1]; ++y)
      for (int64_t x = g.axes[2].first_tap(at[2]); x < last[2]; ++x)
        tap(std::array<int64_t, 3>{position(0, z), position(1, y), position(2, x)});
}

}  // namespace

template <class T>
void max_pool_strided(const PoolGeometry& g, const T* x, T* y, int64_t* indices,
                      const std::array<int64_t, PoolGeometry::axis_count + 2>& index_strides, bool column_major,
                      int64_t row_begin, int64_t row_end) {
  const int64_t d = g.axes[0].in, h = g.axes[1].in, w = g.axes[2].in;
  for_windows(g, row_begin, row_end, [&](int64_t n, int64_t c, const std::array<int64_t, 3>& at) {
    T best = std::numeric_limits<T>::lowest();
    std::array<int64_t, 3> where{};
    bool found = false;
    for_taps(g, at, [&](const std::array<int64_t, 3>& position) {
      const T value = x[offset(g.in_strides, n, c, position)];
      if (found && !(value > best)) return;
      best = value;
      where = position;
      found = true;
    });
    y[offset(g.out_strides, n, c, at)] = best;
    if (!indices) return;
    const auto [pz, py, px] = where;
    const int64_t inside = column_major ? pz + d * (py + h * px) : (pz * h + py) * w + px;
    indices[offset(index_strides, n, c, at)] = (n * g.channels + c) * d * h * w + inside;
  });
}

template void max_pool_strided(const PoolGeometry&, const float*, float*, int64_t*, const std::array<int64_t, 5>&, bool,
                               int64_t, int64_t);
template void max_pool_strided(const PoolGeometry&, const int8_t*, int8_t*, int64_t*, const std::array<int64_t, 5>&,
                               bool, int64_t, int64_t);
template void max_pool_strided(const PoolGeometry&, const uint8_t*, uint8_t*, int64_t*, const std::array<int64_t, 5>&,
                               bool, int64_t, int64_t);

void average_pool_strided(const PoolGeometry& g, const float* x, float* y, int64_t row_begin, int64_t row_end) {
  for_windows(g, row_begin, row_end, [&](int64_t n, int64_t c, const std::array<int64_t, 3>& at) {
    double sum = 0;
    for_taps(g, at, [&](const std::array<int64_t, 3>& position) { sum += x[offset(g.in_strides, n, c, position)]; });
    y[offset(g.out_strides, n, c, at)] = static_cast<float>(sum / static_cast<double>(g.divisor(at[0], at[1], at[2])));
  });
}

void lp_pool_strided(const PoolGeometry& g, int64_t p, const float* x, float* y, int64_t row_begin, int64_t row_end) {
  const double power = static_cast<double>(p);
  for_windows(g, row_begin, row_end, [&](int64_t n, int64_t c, const std::array<int64_t, 3>& at) {
    double sum = 0;
    for_taps(g, at, [&](const std::array<int64_t, 3>& position) {
      const double value = std::fabs(x[offset(g.in_strides, n, c, position)]);
      sum += p == 1 ? value : p == 2 ? value * value : std::pow(value, power);
    });
    y[offset(g.out_strides, n, c, at)] = static_cast<float>(p == 1   ? sum
                                                            : p == 2 ? std::sqrt(sum)
                                                                     : std::pow(sum, 1 / power));
  });
}

}  // namespace cnn
