// SPDX-License-Identifier: MIT
#pragma once

#include <gst/gst.h>

#include <array>
#include <cstdint>
#include <mutex>

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

/// What an element counted since its start. Any thread.
class Statistics {
 public:
  void reset();
  void frame_in();
  void frame_out(bool inferred);
  void preprocessed(uint64_t ns);
  /// A batch of `frames` took `ns`; per frame, ns / frames counts.
  void ran(int frames, uint64_t ns);

  /// guint64 fields frames-in, frames-out, inferred, skipped, batches and, in ns per frame, preprocess-p50, -p95, -p99,
  /// run-p50, -p95, -p99. The caller owns it.
  GstStructure* structure() const;

 private:
  struct Counts {
    uint64_t frames_in = 0, frames_out = 0, inferred = 0, skipped = 0, batches = 0;
    Histogram preprocess, run;
  };
  mutable std::mutex mutex_;
  Counts counts_;
};

}  // namespace cnn
