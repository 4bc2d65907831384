// SPDX-License-Identifier: MIT
#pragma once

#include <gst/gst.h>

#include <array>
#include <cstdint>
#include <mutex>
#include <string>

#include "plugin/histogram.h"

namespace cnn {

/// Why a frame was not inferred.
enum class SkipReason {
  None,
  Interval,  ///< inference-interval
  Busy,      ///< the engine had no room for it, or a newer frame took its place
  Late,      ///< it would have been late for its deadline
  Qos,       ///< downstream said that it is late
};

/// What a frame spends its time with.
enum class Stage { Map, Preprocess, Wait, Run, Attach };

/// What became of detectors' objects.
struct ObjectCounts {
  uint64_t seen = 0;        ///< the sum of the others
  uint64_t classified = 0;  ///< with a result of their own
  uint64_t carried = 0;     ///< with the result of an earlier frame
  uint64_t filtered = 0;    ///< not asked for
  uint64_t empty = 0;       ///< outside the frame
  uint64_t skipped = 0;     ///< without a result
};

/// What an element counted since its start. Any thread, but reset().
class Statistics {
 public:
  /// Before frames flow. `element` is what its trace records are called.
  void reset(std::string element);
  void frame_in();
  void frame_out();
  void frame_dropped(uint64_t frames);
  void inferred();
  void skipped(SkipReason reason);
  void took(Stage stage, uint64_t ns);
  /// A batch in which this element had frames; `frames` of all elements.
  void batch(int frames);
  void result_age(uint64_t ns);
  void objects(const ObjectCounts& counts);

  uint64_t inferred_frames() const;
  uint64_t skipped_frames() const;

  /// guint64 fields frames-in, frames-out, dropped, inferred, skipped (and by reason: skipped-interval, -busy, -late,
  /// -qos), batches; double batch-fill; percentiles -p50, -p95, -p99 in ns of map, preprocess, wait, run, attach and
  /// age; objects (seen), objects-classified, -carried, -filtered, -empty, -skipped. The caller owns it.
  GstStructure* structure() const;

 private:
  struct Counts {
    uint64_t frames_in = 0, frames_out = 0, dropped = 0, inferred = 0, batches = 0, batch_frames = 0;
    std::array<uint64_t, 5> skipped{};  ///< by reason
    std::array<Histogram, 5> stages;
    Histogram age;
    ObjectCounts objects;
    uint64_t all_skipped() const;
  };
  std::string element_;
  mutable std::mutex mutex_;  ///< everything below
  Counts counts_;
};

}  // namespace cnn
