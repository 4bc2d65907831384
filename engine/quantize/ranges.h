// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/quantize/histogram.h"

namespace cnn {

/// How the range of an activation is chosen.
enum class RangeMethod : uint8_t {
  Percentile,  ///< 99.99 % of the numbers lie inside, half of the rest on each side
  Mse          ///< the mean squared error of clipping and rounding is least
};

constexpr std::string_view to_string(RangeMethod method) { return method == RangeMethod::Mse ? "mse" : "percentile"; }
/// Nothing when there is no such method.
constexpr std::optional<RangeMethod> parse_range_method(std::string_view name) {
  if (name == "mse") return RangeMethod::Mse;
  if (name == "percentile") return RangeMethod::Percentile;
  return {};
}

/// [low, high] with low <= 0 <= high, not empty.
struct QuantisationRange {
  float low = 0, high = 0;
};

/// The range that a histogram's numbers are quantised in.
QuantisationRange choose_range(const Histogram& histogram, RangeMethod method);

/// Mean squared error of numbers that are clipped to `range` and rounded to 256 steps.
double mean_squared_error(const Histogram& histogram, const QuantisationRange& range);

/// uint8: x = (q - zero) scale.
struct ByteScale {
  float scale = 1;
  uint8_t zero = 0;
};
ByteScale scale_of(const QuantisationRange& range);

}  // namespace cnn
