// SPDX-License-Identifier: MIT
// The change to another model.
#include <algorithm>

#include "plugin/classify.h"
#include "plugin/log.h"

namespace cnn {

/// A new model that waits for its turn may compute the picture that was given to the old one.
void Classify::run_beside(const MappedFrame& mapped, const Box* box, const TicketPtr& old) {
  if (swap_.pending()) swap_.run_beside(mapped, box, old, may_run_here());
}

/// Between two frames: those that came before keep their place in the old model's batches, and with it their labels.
void Classify::change_model(const FrameTimes& times) {
  auto change = swap_.take(place_, times);
  if (!change) return;
  place_.service->close(place_.lane, may_run_here());
  const Service& service = *change->place.service;
  const uint64_t batch_ns = service.expected_run_ns(1) * std::max(1u, settings_.batch_size);
  GST_INFO("model %s takes over from %s at %" GST_TIME_FORMAT, change->what.new_model.c_str(),
           change->what.old_model.c_str(), GST_TIME_ARGS(times.timestamp));
  set_place(std::move(change->place));
  // A flush that began meanwhile may have met the old place.
  if (flushing_) place_.service->set_flushing(place_.lane, true);
  frames_since_inference_ = 0;
  object_cache_.infer_all_again();
  batch_began_ = GST_CLOCK_TIME_NONE;
  outlet_.post_model_changed(change->what);
  const bool slower = settings_.video_delay == VideoDelay::Result && latency_.observe(batch_ns);
  if (slower && latency_.live()) outlet_.post_latency();
}

}  // namespace cnn
