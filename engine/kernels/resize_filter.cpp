// SPDX-License-Identifier: MIT
#include "engine/kernels/resize_filter.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace cnn {
namespace {

// Weights in units of 1 / resize_one; the running error goes into the next tap, so that sums stay exact and flat areas
// keep their value even with thousands of taps.
void quantise(const std::vector<double>& exact, int16_t* weights) {
  double sum = 0;
  for (double w : exact) sum += w;
  double wanted = 0;
  int given = 0;
  for (size_t k = 0; k < exact.size(); ++k) {
    wanted += exact[k] / sum * resize_one;
    const int upto = k + 1 == exact.size() ? resize_one : static_cast<int>(std::lround(wanted));
    weights[k] = static_cast<int16_t>(upto - given);
    given = upto;
  }
}

// At a distance of `x` samples of the coarser side, `slope` being the cubic's derivative at 1.
double cubic(double x, double slope) {
  x = std::abs(x);
  if (x < 1) return ((slope + 2) * x - (slope + 3)) * x * x + 1;
  return x < 2 ? slope * (((x - 5) * x + 8) * x - 4) : 0;
}

double triangle(double x) { return std::max(0.0, 1 - std::abs(x)); }

}  // namespace

ResizeFilter make_resize_filter(int source, double begin, double extent, int count, int tap_multiple, bool antialias,
                                Interpolation interpolation) {
  const double ratio = extent / count;
  const double widening = antialias ? std::max(ratio, 1.0) : 1.0;
  const bool is_cubic = interpolation == Interpolation::Bicubic;
  const double support = widening * (is_cubic ? 2 : 1);
  auto weight = [&](double distance) {
    return is_cubic ? cubic(distance / widening, antialias ? -0.5 : -0.75) : triangle(distance / widening);
  };
  ResizeFilter filter;
  filter.count = count;
  filter.first.resize(static_cast<size_t>(count));
  filter.used.resize(static_cast<size_t>(count));
  std::vector<std::vector<double>> exact(static_cast<size_t>(count));
  filter.source_begin = source;
  for (int i = 0; i < count; ++i) {
    const double centre = begin + (i + 0.5) * ratio - 0.5;
    const int nearest = static_cast<int>(std::clamp(std::floor(centre + 0.5), 0.0, source - 1.0));
    int from = std::clamp(static_cast<int>(std::floor(centre - support)) + 1, 0, nearest);
    int to = std::clamp(static_cast<int>(std::ceil(centre + support)), nearest + 1, source);
    std::vector<double>& weights = exact[static_cast<size_t>(i)];
    for (int s = from; s < to; ++s) weights.push_back(weight(s - centre));
    if (std::accumulate(weights.begin(), weights.end(), 0.0) <= 0) {
      weights.assign(1, 1.0);
      from = nearest;
      to = nearest + 1;
    }
    filter.first[static_cast<size_t>(i)] = from;
    filter.used[static_cast<size_t>(i)] = to - from;
    filter.source_begin = std::min(filter.source_begin, from);
    filter.source_end = std::max(filter.source_end, to);
    filter.taps = std::max(filter.taps, to - from);
  }
  filter.taps = (filter.taps + tap_multiple - 1) / tap_multiple * tap_multiple;
  filter.weights.resize(static_cast<size_t>(count) * static_cast<size_t>(filter.taps));
  for (int i = 0; i < count; ++i)
    quantise(exact[static_cast<size_t>(i)],
             filter.weights.data() + static_cast<size_t>(i) * static_cast<size_t>(filter.taps));
  return filter;
}

}  // namespace cnn
