// SPDX-License-Identifier: MIT
#include "engine/quantize/ranges.h"

#include <algorithm>
#include <cmath>

namespace cnn {
namespace {

constexpr double inside = 0.9999;
constexpr int levels = 255;

/// Zero is always a number of its own, and no range is empty.
QuantisationRange with_zero(float low, float high) {
  QuantisationRange range{std::min(low, 0.0f), std::max(high, 0.0f)};
  constexpr float least_extent = 1e-6f;
  if (range.high - range.low < least_extent) range.high = range.low + least_extent;
  return range;
}

/// The edge beyond which `share` of the numbers lie, from below or from above.
float edge(const std::vector<Histogram::Bin>& bins, uint64_t total, double share, bool from_above) {
  const double allowed = share * static_cast<double>(total);
  double passed = 0;
  for (size_t i = 0; i < bins.size(); ++i) {
    const Histogram::Bin& bin = bins[from_above ? bins.size() - 1 - i : i];
    passed += static_cast<double>(bin.count);
    if (passed > allowed) return from_above ? bin.high : bin.low;
  }
  return 0;
}

QuantisationRange percentile_range(const Histogram& histogram) {
  const auto bins = histogram.filled();
  const double share = (1 - inside) / 2;
  return with_zero(std::max(histogram.least(), edge(bins, histogram.count(), share, false)),
                   std::min(histogram.most(), edge(bins, histogram.count(), share, true)));
}

double squared_error(const std::vector<Histogram::Bin>& bins, const QuantisationRange& range) {
  const double step = (static_cast<double>(range.high) - range.low) / levels;
  const double rounding = step * step / 12;  // of numbers spread evenly between two steps
  double sum = 0;
  for (const Histogram::Bin& bin : bins) {
    const double middle = (static_cast<double>(bin.low) + bin.high) / 2;
    const double clipped = std::clamp<double>(middle, range.low, range.high) - middle;
    sum += static_cast<double>(bin.count) * (clipped != 0 ? clipped * clipped : rounding);
  }
  return sum;
}

/// One end after the other is moved inwards, in steps of a hundredth, to where the error is least.
QuantisationRange mse_range(const Histogram& histogram) {
  const auto bins = histogram.filled();
  constexpr int steps = 100;
  QuantisationRange best = with_zero(histogram.least(), histogram.most());
  for (float QuantisationRange::*end : {&QuantisationRange::high, &QuantisationRange::low, &QuantisationRange::high}) {
    const QuantisationRange from = best;
    double least = squared_error(bins, best);
    for (int i = steps - 1; i > steps / 10; --i) {
      QuantisationRange tried = from;
      tried.*end = from.*end * static_cast<float>(i) / steps;
      if (tried.high - tried.low <= 0) break;
      const double error = squared_error(bins, tried);
      if (error < least) least = error, best = tried;
    }
  }
  return best;
}

}  // namespace

QuantisationRange choose_range(const Histogram& histogram, RangeMethod method) {
  return method == RangeMethod::Mse ? mse_range(histogram) : percentile_range(histogram);
}

double mean_squared_error(const Histogram& histogram, const QuantisationRange& range) {
  if (histogram.count() == 0) return 0;
  return squared_error(histogram.filled(), range) / static_cast<double>(histogram.count());
}

ByteScale scale_of(const QuantisationRange& range) {
  ByteScale scale;
  scale.scale = (range.high - range.low) / levels;
  scale.zero = static_cast<uint8_t>(std::clamp(std::nearbyint(-range.low / scale.scale), 0.0f, 255.0f));
  return scale;
}

}  // namespace cnn
