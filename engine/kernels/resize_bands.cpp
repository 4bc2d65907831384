// SPDX-License-Identifier: MIT
#include "engine/kernels/resize_bands.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "engine/kernels/resize.h"

namespace cnn {
namespace {

constexpr double largest_ratio = 16;  // 255 * (0 + 1 + ... + 15) is the most that an int16_t holds

struct Line {
  double sum, ramp;  // weight of sample k of a band is sum + k * ramp
};

// How often a band's weights of each kind count in a flat area.
int samples(const ResizeBand& band) { return band.count; }
int ramps(const ResizeBand& band) { return band.count * (band.count - 1) / 2; }

double total(const ResizeBand& band, const Line& line) { return line.sum * samples(band) + line.ramp * ramps(band); }

// Rounds the weights of the result between two bands so that flat areas keep their value: among the neighbours of the
// exact weights, the nearest whose total is off by less than rounding forgives.
void quantise(const Line& rise, const Line& fall, ResizeBand& before, ResizeBand& behind) {
  const double sum = total(before, rise) + total(behind, fall);
  const std::array<double, 4> exact{rise.sum / sum, rise.ramp / sum, fall.sum / sum, fall.ramp / sum};
  const std::array<int, 4> uses{samples(before), ramps(before), samples(behind), ramps(behind)};
  double largest = 0;
  for (double weight : exact) largest = std::max(largest, std::abs(weight));
  const int shift = std::min(22, static_cast<int>(std::floor(std::log2(32766 / largest))));
  const double unit = std::ldexp(1.0, shift);
  const double forgiven = unit / 2 / (255 * resize_row_scale);
  std::array<int, 4> nearest{}, best{};
  int off = -(1 << shift);
  for (size_t j = 0; j < 4; ++j) {
    nearest[j] = static_cast<int>(std::lround(exact[j] * unit));
    off += nearest[j] * uses[j];
  }
  double least = INFINITY;
  for (int code = 0; code < 81; ++code) {
    const std::array<int, 4> step{code % 3 - 1, code / 3 % 3 - 1, code / 9 % 3 - 1, code / 27 - 1};
    int left = off;
    double cost = 0;
    for (size_t j = 0; j < 4; ++j) {
      left += step[j] * uses[j];
      cost += std::abs(step[j]) * uses[j];
    }
    cost += std::abs(left) < forgiven ? 0 : 1000.0 * std::abs(left);
    if (cost >= least) continue;
    least = cost;
    for (size_t j = 0; j < 4; ++j) best[j] = nearest[j] + step[j];
  }
  before.rising = {static_cast<int16_t>(best[0]), static_cast<int16_t>(best[1]), shift};
  behind.falling = {static_cast<int16_t>(best[2]), static_cast<int16_t>(best[3]), shift};
}

}  // namespace

std::vector<ResizeBand> make_resize_bands(int source, double begin, double extent, int count) {
  const double ratio = extent / count;
  if (ratio <= 1 || ratio > largest_ratio) return {};
  auto centre = [&](int i) { return begin + (i + 0.5) * ratio - 0.5; };
  auto behind = [&](int i) { return std::clamp(static_cast<int>(std::floor(centre(i))) + 1, 0, source); };
  std::vector<ResizeBand> bands(static_cast<size_t>(count) + 1);
  for (int i = 0; i <= count; ++i) {
    bands[static_cast<size_t>(i)].first = behind(i - 1);
    bands[static_cast<size_t>(i)].count = behind(i) - behind(i - 1);
  }
  for (int i = 0; i < count; ++i) {
    ResizeBand& before = bands[static_cast<size_t>(i)];
    ResizeBand& after = bands[static_cast<size_t>(i) + 1];
    quantise({(before.first - centre(i - 1)) / ratio, 1 / ratio}, {(centre(i + 1) - after.first) / ratio, -1 / ratio},
             before, after);
  }
  bands.front().falling.shift = bands.front().rising.shift;
  bands.back().rising.shift = bands.back().falling.shift;
  return bands;
}

}  // namespace cnn
