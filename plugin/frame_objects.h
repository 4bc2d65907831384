// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "plugin/object_cache.h"
#include "plugin/objects.h"
#include "plugin/service/ticket.h"
#include "plugin/settings.h"

namespace cnn {

/// What is done about an object in one frame.
enum class ObjectFate {
  Filtered,  ///< its label or size is not asked for
  Empty,     ///< no pixel of it is inside the frame
  Kept,      ///< the result of an earlier frame holds on
  Due,       ///< it is to be inferred; without a ticket there was no room for it, or its frame was skipped
};

struct FrameObject {
  DetectedObject detected;
  Box visible;                   ///< the part inside the frame
  std::optional<int64_t> track;  ///< the id under which the cache knows it
  ObjectFate fate = ObjectFate::Due;
  TicketPtr ticket;
  ObjectResultPtr result;  ///< of `ticket`; set when it is delivered
};

/// The objects of one frame. Made by the streaming thread, then the sending one's; tickets may be asked by both.
struct FrameObjects {
  uint64_t frame = 0;  ///< counted from 1
  int width = 0, height = 0;
  std::vector<FrameObject> list;  ///< in the detectors' order

  bool settled() const;
  bool has_ticket() const;
};
using FrameObjectsPtr = std::shared_ptr<FrameObjects>;

/// Calls `see` with the tickets of a frame, that of the whole and those of its objects. Either may be null.
template <class See>
void for_each_ticket(const TicketPtr& whole, const FrameObjectsPtr& objects, See see) {
  if (whole) see(*whole);
  if (!objects) return;
  for (const FrameObject& object : objects->list)
    if (object.ticket) see(*object.ticket);
}

/// What detectors attached to `buffer`, frame `number` of width x height, and what is to be done about it.
FrameObjectsPtr look_for_objects(GstBuffer* buffer, uint64_t number, int width, int height, const Tuning& tuning,
                                 ObjectCache& cache);

/// Those that are due, the largest first, `most` at most.
std::vector<FrameObject*> due_objects(FrameObjects& objects, unsigned most);

}  // namespace cnn
