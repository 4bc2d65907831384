// SPDX-License-Identifier: MIT
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <vector>

namespace cnn::bench {

/// The value below which `percent` of them are; 0 without any.
uint64_t percentile(std::vector<uint64_t> values, int percent);

/// What a stream's frames carried when they left. One thread adds; the rest is for when the stream has ended.
class Record {
 public:
  /// A frame of time `pts` that leaves at `now`, both in ns; `age_ns` of its result, with `has_result`.
  void add(uint64_t now, uint64_t pts, bool has_result, uint64_t age_ns);

  uint64_t frames() const { return frames_; }
  double frames_per_s() const;
  std::vector<uint64_t> ages() const;
  /// Times from one inferred frame to the next.
  std::vector<uint64_t> periods() const;
  /// Frames whose result is older than twice `period_ns` and `wait_ns`.
  uint64_t older_than(uint64_t period_ns, uint64_t wait_ns) const;
  /// The same with the time from the result's frame to the next inferred one as period.
  uint64_t older_than_own_period(uint64_t wait_ns) const;

 private:
  struct Carried {
    uint64_t age_ns;
    size_t inferred;  ///< position in inferred_
  };
  uint64_t frames_ = 0, first_ns_ = 0, last_ns_ = 0;
  std::vector<Carried> carried_;
  std::vector<uint64_t> inferred_;  ///< times of the frames whose results were carried
};

}  // namespace cnn::bench
