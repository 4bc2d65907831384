// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>

namespace cnn::classify {

/// A stretch of time with one label on top.
struct TimelineSegment {
  double begin;  ///< seconds
  double end;
  std::string label;
  double confidence;  ///< mean over the frames that carried the label, 0..1
};

/// Makes segments of frame-wise labels. A label begins a segment once it has been on top for `patience` frames in a row;
/// shorter appearances belong to the segment around them. Used by one thread at a time.
class Timeline {
 public:
  Timeline(int patience, std::function<void(const TimelineSegment&)> ended) : patience_(patience), ended_(std::move(ended)) {}

  /// Frames in order; `label` is the most confident class.
  void add(double time, const std::string& label, double confidence);
  /// Ends the last segment at `time`.
  void finish(double time);

 private:
  struct Run {
    std::string label;
    double begin = 0;
    int frames = 0;
    double confidence_sum = 0;
  };
  static void extend(Run& run, double confidence);

  const int patience_;
  const std::function<void(const TimelineSegment&)> ended_;
  Run current_;    ///< no frames: nothing has begun yet
  Run candidate_;  ///< another label's appearance, not yet long enough
};

}  // namespace cnn::classify
