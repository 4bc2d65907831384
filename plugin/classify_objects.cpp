// SPDX-License-Identifier: MIT
// Frames of which several pictures are inferred: the objects that detectors found, and the frame itself if asked for.
#include <limits>

#include "plugin/classify.h"
#include "plugin/frame.h"
#include "plugin/log.h"

namespace cnn {

/// Gives tickets to the pictures of `item`, or it a reason why it has none.
Status Classify::infer_regions(Item& item, const Tuning& tuning) {
  auto* buffer = GST_BUFFER_CAST(item.object);
  item.objects = last_objects_ = look_for_objects(buffer, ++frames_looked_at_, GST_VIDEO_INFO_WIDTH(&info_),
                                                  GST_VIDEO_INFO_HEIGHT(&info_), tuning, object_cache_);
  if (item.skipped == SkipReason::None) {
    const uint64_t close_at = close_at_ns(item.times);
    const Status entered = claim_pictures(item, tuning);
    // Also after an error: what is staged waits for nobody else to close it.
    place_.service->close(place_.lane, entered && may_run_here(), close_at);
    if (!entered) return entered;
    if (item.skipped == SkipReason::None) {
      frames_since_inference_ = 1;
      qos_.inferred();
    }
  } else if (item.skipped == SkipReason::Interval) {
    ++frames_since_inference_;
  }
  return {};
}

Status Classify::claim_pictures(Item& item, const Tuning& tuning) {
  Service& service = *place_.service;
  auto* buffer = GST_BUFFER_CAST(item.object);
  Request request = request_for(tuning);
  request.group = item.objects->frame;
  std::shared_ptr<MappedFrame> mapped;
  const auto claim_picture = [&](const Box* box) -> Result<TicketPtr> {
    const Claim claim = service.claim(place_.lane, request);
    if (claim.outcome != Claim::Outcome::Granted) return TicketPtr();
    if (const Status staged = stage(claim, buffer, mapped, box); !staged) {
      service.cancel(claim);
      return staged.error();
    }
    // The batch is closed behind the last picture; until then only a full one is computed.
    service.submit(place_.lane, claim, kNever, may_run_here());
    // What the frame's first picture got a place for, the others need not be denied.
    request.own_limit = std::numeric_limits<int>::max();
    last_ticket_ = claim.ticket;
    run_beside(*mapped, box, claim.ticket);
    return claim.ticket;
  };

  bool refused = false;
  if (settings_.regions == Regions::Both) {
    CNN_TRY(ticket, claim_picture(nullptr));
    refused = !ticket;
    item.ticket = std::move(ticket);
  }
  for (FrameObject* object : due_objects(*item.objects, tuning.max_objects)) {
    if (refused) break;
    CNN_TRY(ticket, claim_picture(&object->visible));
    refused = !ticket;
    object->ticket = std::move(ticket);
    if (object->track && object->ticket) object_cache_.begun(*object->track, item.objects->frame, object->ticket);
  }
  if (refused && !item.ticket && !item.objects->has_ticket()) item.skipped = SkipReason::Busy;
  return {};
}

}  // namespace cnn
