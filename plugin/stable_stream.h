// SPDX-License-Identifier: MIT
#pragma once

#include "engine/classifier.h"
#include "plugin/outlet.h"
#include "plugin/stabiliser.h"

namespace cnn {

/// Whether anything is asked for that needs the probabilities of all classes.
bool wants_stable(const Tuning& tuning);

/// The stabiliser of one element: resets it where the stream begins anew, writes what it tells into metadata and, with
/// post-messages=changes, onto the bus. Used by one thread at a time, the one that sends.
class StableStream {
 public:
  explicit StableStream(Outlet& outlet);

  /// The result that the frame with `times` got; each result once. `step_ns` as in Stabiliser.
  void result(int64_t key, const FrameTimes& times, uint64_t step_ns, const Classification& result,
              const Tuning& tuning);
  /// Sets or clears `stable` for `key`, which is seen in the frame with `times`.
  void fill(int64_t key, const FrameTimes& times, std::optional<StableLabel>& stable);
  /// Whether a result of `key` is remembered.
  bool knows(int64_t key) const { return stabiliser_.knows(key); }
  /// Forgets objects that were not seen for a while before the frame with `times`.
  void expire(const FrameTimes& times) { stabiliser_.expire(times); }
  /// True: behind `event` time or content have nothing to do with what was before it. Its labels have left then.
  bool cuts(GstEvent* event);
  /// Results come from another model from now on, which may have other labels.
  void heed_labels() { stabiliser_.heed_labels(); }
  /// Every label leaves, nothing is remembered: after a flush, at the stop.
  void reset();

 private:
  bool begins_anew(GstEvent* event);

  Stabiliser stabiliser_;
  GstSegment segment_{};
};

}  // namespace cnn
