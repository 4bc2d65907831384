// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

namespace cnn {

/// What a band adds to a result, in units of 1 / (1 << shift): sum * (sum of its samples) + ramp * (sum over k of k *
/// sample k).
struct BandWeights {
  int16_t sum = 0;
  int16_t ramp = 0;
  int shift = 0;
};

/// The samples between the centres of two neighbouring results. There a triangle's weights fall linearly for the one
/// and rise linearly for the other, so two sums of a band are all that both results need.
struct ResizeBand {
  int32_t first = 0;
  int32_t count = 0;    ///< 0 .. 16
  BandWeights falling;  ///< for the result whose centre lies before the band
  BandWeights rising;   ///< for the one whose centre ends it; the same shift as the next band's `falling`
};

/// The bands of the axis that make_resize_filter() describes for Bilinear with antialiasing: band i rises for result i
/// and falls for result i - 1, so there are count + 1. Weights are the nearest with which flat areas keep their value
/// when results are rounded to 1 / resize_row_scale. Arguments as there; empty unless 1 < extent / count <= 16.
std::vector<ResizeBand> make_resize_bands(int source, double begin, double extent, int count);

}  // namespace cnn
