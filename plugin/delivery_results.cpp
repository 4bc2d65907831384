// SPDX-License-Identifier: MIT
// What the tickets of a frame brought.
#include <algorithm>
#include <utility>

#include "plugin/delivery.h"
#include "plugin/labelled.h"

namespace cnn {

bool Delivery::Awaited::brings_result() const {
  bool any = false, done = false;
  for_each_ticket(ticket, objects, [&](const Ticket& of_picture) {
    any = true;
    done |= of_picture.state == Ticket::State::Done;
  });
  return done || !any;
}

bool Delivery::Awaited::has_failed() const {
  bool failed = false;
  for_each_ticket(ticket, objects,
                  [&](const Ticket& of_picture) { failed |= of_picture.state == Ticket::State::Failed; });
  return failed;
}

/// True: the newest result is now the frame's.
bool Delivery::take_results(const Awaited& frame) {
  const Tuning tuning = outlet_.tuning();
  newest_.inference_time_ns = 0;
  if (frame.brings_result()) heed_model(frame.service);
  const bool has_objects = frame.objects && take_objects(frame, tuning);
  const bool taken = frame.ticket ? take_frame_result(frame, tuning) : has_objects;
  if (frame.has_failed()) return false;
  if (!taken) {
    count_skipped(SkipReason::Busy, frame.times);
    return false;
  }
  statistics_.inferred();
  newest_.age_ns = 0;
  newest_.inferred = true;
  newest_pts_ = frame.times.timestamp;
  has_newest_ = true;
  if (tuning.post_messages != PostMessages::Results) return true;
  if (frame.objects) set_objects(*frame.objects, report_objects(*frame.objects, newest_pts_, object_cache_));
  outlet_.post_result(frame.times, newest_);
  return true;
}

/// Nothing of another model's may be told as this one's.
void Delivery::heed_model(const std::shared_ptr<Service>& service) {
  const bool same = !newest_service_.owner_before(service) && !service.owner_before(newest_service_);
  if (std::exchange(newest_service_, service); same) return;
  newest_.model = service->engine().model_name();
  newest_.classes.clear();
  newest_.heads.clear();
  newest_.features.clear();
  object_cache_.forget_results();
  stable_.heed_labels();
  last_batch_ = 0;
}

/// False: others took the places of all objects that should have been inferred.
bool Delivery::take_objects(const Awaited& frame, const Tuning& tuning) {
  FrameObjects& objects = *frame.objects;
  bool any = false, failed = false;
  take_object_results(objects, frame.times.timestamp, object_cache_, [&](const FrameObject& object, uint64_t frames) {
    const Ticket& ticket = *object.ticket;
    any = true;
    newest_.inference_time_ns += ticket.run_ns;
    count_run(ticket);
    if (object.track && !frame.cut_off)
      stable_.result(*object.track, frame.times, step_ns(frame.times, frames), ticket.result, tuning);
  });
  for (const FrameObject& object : objects.list)
    if (object.ticket && object.ticket->state == Ticket::State::Failed && !std::exchange(failed, true))
      fail(object.ticket->error);
  return any || !objects.has_ticket();
}

void Delivery::fail(const Error& error) {
  if (!failed_) outlet_.fail(error);
  failed_ = true;
  flow_ = GST_FLOW_ERROR;
}

void Delivery::count_run(const Ticket& ticket) {
  statistics_.took(Stage::Wait, ticket.wait_ns);
  statistics_.took(Stage::Run, ticket.run_ns);
  if (ticket.batch != last_batch_) statistics_.batch(ticket.batch_frames);
  last_batch_ = ticket.batch;
  if (ticket.trouble && ticket.trouble != told_trouble_)
    outlet_.warn({ErrorCode::DeviceFailure, *ticket.trouble + "; the CPU computes until the device is back"});
  told_trouble_ = ticket.trouble;
}

/// False: it was dropped, or failed.
bool Delivery::take_frame_result(const Awaited& frame, const Tuning& tuning) {
  Ticket& ticket = *frame.ticket;
  if (ticket.state == Ticket::State::Failed) fail(ticket.error);
  if (ticket.state != Ticket::State::Done) return false;
  count_run(ticket);
  newest_.classes = labelled(ticket.result.classes);
  newest_.heads = labelled_heads(ticket.result);
  newest_.features = std::move(ticket.result.features);
  newest_.inference_time_ns += ticket.run_ns;
  const uint64_t frames = std::max<uint64_t>(1, std::exchange(frames_since_result_, 0));
  if (!frame.cut_off)
    stable_.result(Stabiliser::kWholeFrame, frame.times, step_ns(frame.times, frames), ticket.result, tuning);
  return true;
}

/// What `frames` take, where time stamps do not say.
uint64_t Delivery::step_ns(const FrameTimes& times, uint64_t frames) const {
  if (GST_CLOCK_TIME_IS_VALID(times.duration)) return frames * times.duration;
  return frames * latency_.nominal_frame_ns();
}

void Delivery::set_objects(const FrameObjects& objects, ObjectReport report) {
  newest_.objects = std::move(report.results);
  newest_.frame_width = objects.width;
  newest_.frame_height = objects.height;
}

}  // namespace cnn
