// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>

namespace cnn {

/// Distribution of durations with eight buckets an octave: percentiles are exact within 13 %, memory is constant.
class Histogram {
 public:
  void add(uint64_t ns);
  /// The duration that `percent` (0..100) of the added ones do not exceed, rounded up to its bucket's end; 0 when
  /// empty.
  uint64_t percentile(double percent) const;

 private:
  std::array<uint64_t, 8 * 62> buckets_{};
  uint64_t count_ = 0;
};

}  // namespace cnn
