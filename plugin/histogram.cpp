// SPDX-License-Identifier: MIT
#include "plugin/histogram.h"

#include <bit>
#include <cmath>
#include <cstddef>

namespace cnn {
namespace {

// Below 8 ns a bucket a nanosecond, then the three bits after the leading one tell the bucket inside its octave.
size_t bucket_of(uint64_t ns) {
  if (ns < 8) return ns;
  const int octave = std::bit_width(ns) - 4;
  return static_cast<size_t>(octave + 1) * 8 + ((ns >> octave) & 7);
}

uint64_t last_of(size_t bucket) {
  if (bucket < 8) return bucket;
  const int octave = static_cast<int>(bucket / 8) - 1;
  return ((uint64_t{8} + bucket % 8 + 1) << octave) - 1;
}

}  // namespace

void Histogram::add(uint64_t ns) {
  ++buckets_[bucket_of(ns)];
  ++count_;
}

uint64_t Histogram::percentile(double percent) const {
  const auto rank = static_cast<uint64_t>(std::ceil(percent / 100 * static_cast<double>(count_)));
  uint64_t seen = 0;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen > 0 && seen >= rank) return last_of(i);
  }
  return 0;
}

}  // namespace cnn
