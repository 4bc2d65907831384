// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <deque>

#include "plugin/frame.h"
#include "plugin/place.h"

namespace cnn {

/// The first frames of a new model, which it computes beside the old one while that one's results still count. Used by
/// the streaming thread; compared() and agreement() by any.
class Shadow {
 public:
  /// `frames` with results of both models are wanted.
  explicit Shadow(unsigned frames) : wanted_(frames) {}

  /// Computes a picture, whose result by the old model is `old`, at the new model's `place`, unless that is busy or no
  /// more are wanted: `mapped`, or what is in `part`. With `here` on this thread where it may.
  Status run(const Place& place, const MappedFrame& mapped, const Box* part, const TicketPtr& old, bool here);
  /// Compares what was computed since the last call. An error of the new model is its end.
  Status compare();
  bool complete() const { return compared_ >= wanted_; }

  unsigned compared() const { return compared_; }
  /// Part of the frames compared whose most confident class has the same label, 0..1; frames without any class agree
  /// with each other.
  double agreement() const;

 private:
  struct Pair {
    TicketPtr old_result, new_result;
  };
  const unsigned wanted_;
  std::deque<Pair> computing_;
  std::atomic<unsigned> compared_{0}, agreed_{0};
};

}  // namespace cnn
