// SPDX-License-Identifier: MIT
#pragma once

#include "plugin/service/lane.h"

namespace cnn {

/// Weighted fair order: start-time fair queueing (Goyal, Vin, Cheng 1996) over lanes whose frames replace each other.
/// The lane with the smallest tag goes first; a batch moves the tag on by kCost / priority for each frame. A lane that
/// keeps asking keeps its place, also while its frames are refused; one that was away starts at the present. Guarded by
/// the service's lock.
class FairShare {
 public:
  /// The lane has a frame, whether or not it will get a slot.
  void ask(Lane& lane, uint64_t now_ns) const;
  /// A batch with `frames` of the lane starts.
  static void serve(Lane& lane, int frames);
  /// A batch starts with `tag` as the smallest that is not in the past.
  void advance(double tag);
  double present() const { return present_; }
  /// Whether the lane had more than its share, by more than a frame of a lane of priority `highest`.
  bool is_ahead(const Lane& lane, unsigned highest) const { return lane.tag > present_ + kCost / highest; }
  /// The tag of the lane's next frame when `frames` of it are in the batch already.
  static double tag_of(const Lane& lane, int frames) { return lane.tag + frames * cost(lane); }
  /// Where the lane stands now, served or not.
  static double place_of(const Lane& lane) { return lane.hungry ? lane.tag : lane.finish; }
  /// Whether the lane has more frames than it gets served.
  static bool is_deprived(const Lane& lane, uint64_t now_ns) {
    return (lane.refused || lane.was_refused) && now_ns - lane.last_ask_ns < kMemoryNs;
  }
  /// Whether the lane asked in vain and will soon ask again.
  static bool expected_back(const Lane& lane, uint64_t now_ns) {
    return lane.hungry && now_ns - lane.last_ask_ns < kMemoryNs;
  }

 private:
  static constexpr double kCost = 10;    ///< of a frame at priority 1
  static constexpr double kCredit = 80;  ///< how far a lane that was slow to ask may lag behind
  static constexpr uint64_t kMemoryNs = 1000000000;

  static double cost(const Lane& lane) { return kCost / lane.priority; }

  double present_ = 0;
};

}  // namespace cnn
