// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "plugin/metadata.h"
#include "plugin/service/ticket.h"

namespace cnn {

/// The result of an object in the frame that it was inferred in.
struct ObjectResult {
  std::vector<LabelledClass> classes;
  std::vector<LabelledHead> heads;
  std::vector<float> features;
  uint64_t frame = 0;  ///< counted from 1
  GstClockTime pts = GST_CLOCK_TIME_NONE;
};
using ObjectResultPtr = std::shared_ptr<const ObjectResult>;

/// What is known of tracked objects, by their tracking id: when each was last given to the engine, and its newest
/// result. Frames are counted from 1. An object that was not seen for kForgetFrames is forgotten, and so is the one
/// that was not seen for longest when there are more than kMostObjects. Any thread.
class ObjectCache {
 public:
  static constexpr uint64_t kForgetFrames = 250;  ///< ten seconds at 25 frames/s
  static constexpr size_t kMostObjects = 1024;

  /// Sees `id` in `frame`. True: it is to be inferred, because it never was, because that came to nothing, or because
  /// `interval` frames have passed since; 0: never again.
  bool is_due(int64_t id, uint64_t frame, unsigned interval);
  /// `id` is being inferred in `frame`.
  void begun(int64_t id, uint64_t frame, TicketPtr ticket);
  /// The newest result of `id` so far. One of an older frame than that which is there, or of an object that is
  /// forgotten, is not kept. Returns the frames since the one that was there, 1 if none was.
  uint64_t keep(int64_t id, ObjectResultPtr result);
  /// `id` is due in the next frame, unless it is being inferred.
  void infer_again(int64_t id);
  /// All are due in the next frame, whatever is under way: another model is asked from then on.
  void infer_all_again();
  /// Results come from another model from now on: those of the old one are nobody's any more.
  void forget_results();
  /// The newest result of `id`, or null.
  ObjectResultPtr recall(int64_t id) const;

  size_t size() const;
  void clear();

 private:
  struct Entry {
    uint64_t seen = 0;      ///< frame
    uint64_t inferred = 0;  ///< frame; 0: never
    TicketPtr ticket;       ///< of that
    ObjectResultPtr result;
  };

  void forget_unseen(uint64_t frame);
  void make_room();

  mutable std::mutex mutex_;
  std::unordered_map<int64_t, Entry> entries_;
  uint64_t swept_at_ = 0;
};

}  // namespace cnn
