// SPDX-License-Identifier: MIT
#include "plugin/delivery.h"

#include <algorithm>
#include <utility>

#include "plugin/log.h"

namespace cnn {
namespace {

constexpr uint64_t kQosPeriodNs = 1000000000;     // a message for every frame would flood the bus
constexpr uint64_t kCustomaryFrameNs = 33333333;  // where caps do not say

/// Distance of two time stamps; 0 when one is missing or time went back.
uint64_t elapsed(GstClockTime from, GstClockTime to) {
  return GST_CLOCK_TIME_IS_VALID(from) && GST_CLOCK_TIME_IS_VALID(to) && to > from ? to - from : 0;
}

template <class See>
void for_each_ticket(const TicketPtr& ticket, const FrameObjectsPtr& objects, See see) {
  if (ticket) see(*ticket);
  if (!objects) return;
  for (const FrameObject& object : objects->list)
    if (object.ticket) see(*object.ticket);
}

bool has_failed(const TicketPtr& frame, const FrameObjectsPtr& objects) {
  bool failed = false;
  for_each_ticket(frame, objects, [&](const Ticket& ticket) { failed |= ticket.state == Ticket::State::Failed; });
  return failed;
}

}  // namespace

bool Delivery::Awaited::brings_result() const {
  bool any = false, done = false;
  for_each_ticket(ticket, objects, [&](const Ticket& of_picture) {
    any = true;
    done |= of_picture.state == Ticket::State::Done;
  });
  return done || !any;
}

void Delivery::start(const std::string& model_name, Clock& clock) {
  forget();
  newest_.model = model_name;
  clock_ = &clock;
  failed_ = false;
  last_batch_ = next_qos_ns_ = 0;
  flow_ = GST_FLOW_OK;
}

void Delivery::forget() {
  awaited_.clear();
  has_newest_ = false;
  stable_.reset();
}

void Delivery::send(Item& item) {
  if (item.is_frame()) return send_frame(item);
  absorb_settled();
  if (stable_.cuts(GST_EVENT_CAST(item.object)))
    for (Awaited& awaited : awaited_) awaited.cut_off = true;
  outlet_.push_event(GST_EVENT_CAST(item.object));
}

void Delivery::send_frame(Item& item) {
  // Asked before the older ones are: none of them may settle unseen in between.
  const bool settled = item.settled();
  absorb_settled();
  const Awaited results{item.ticket, item.objects, item.service, item.times};
  bool own = false;
  ++frames_since_result_;
  if (item.skipped != SkipReason::None)
    count_skipped(item.skipped, item.times);
  else if (settled && awaited_.empty())
    own = take_results(results);
  else
    awaited_.push_back(results);
  GstBuffer* frame = GST_BUFFER_CAST(item.object);
  if (settled && has_failed(item.ticket, item.objects)) {
    gst_buffer_unref(frame);
    statistics_.frame_dropped(1);
    return;
  }
  observe(item, own);
  stable_.expire(item.times);
  stable_.fill(Stabiliser::kWholeFrame, item.times, newest_.stable);
  if (has_newest_)
    frame = attach(frame, own, item);
  else if (item.objects)
    statistics_.objects(count_objects(*item.objects, {}));
  statistics_.frame_out();
  const GstFlowReturn flow = outlet_.push(frame);
  if (flow != GST_FLOW_OK) flow_ = flow;
}

/// In the order of the frames, so that the newest result is that of the newest frame.
void Delivery::absorb_settled() {
  for (; !awaited_.empty() && awaited_.front().settled(); awaited_.pop_front()) take_results(awaited_.front());
}

/// True: the newest result is now the frame's.
bool Delivery::take_results(const Awaited& frame) {
  const Tuning tuning = outlet_.tuning();
  newest_.inference_time_ns = 0;
  if (frame.brings_result()) heed_model(frame.service);
  const bool has_objects = frame.objects && take_objects(frame, tuning);
  const bool taken = frame.ticket ? take_frame_result(frame, tuning) : has_objects;
  if (has_failed(frame.ticket, frame.objects)) return false;
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
  newest_.features.clear();
  object_cache_.forget_results();
  stable_.heed_labels();
  last_batch_ = 0;
}

/// False: others took the places of all objects that should have been inferred.
bool Delivery::take_objects(const Awaited& frame, const Tuning& tuning) {
  FrameObjects& objects = *frame.objects;
  bool any = false, failed = false;
  take_object_results(
      objects, frame.times.timestamp, object_cache_, [&](const FrameObject& object, uint64_t frames) {
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
}

/// False: it was dropped, or failed.
bool Delivery::take_frame_result(const Awaited& frame, const Tuning& tuning) {
  Ticket& ticket = *frame.ticket;
  if (ticket.state == Ticket::State::Failed) fail(ticket.error);
  if (ticket.state != Ticket::State::Done) return false;
  count_run(ticket);
  newest_.classes.clear();
  for (const ClassScore& score : ticket.result.classes)
    newest_.classes.push_back({*score.label, score.confidence, score.index});
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
  return frames * (latency_.frame_duration_ns() > 0 ? latency_.frame_duration_ns() : kCustomaryFrameNs);
}

void Delivery::count_skipped(SkipReason reason, const FrameTimes& times) {
  statistics_.skipped(reason);
  if (reason == SkipReason::Interval || clock_->now_ns() < next_qos_ns_) return;
  next_qos_ns_ = clock_->now_ns() + kQosPeriodNs;
  GST_DEBUG("frame %" GST_TIME_FORMAT " goes without inference", GST_TIME_ARGS(times.timestamp));
  outlet_.post_qos(latency_.live(), times, statistics_.inferred_frames(), statistics_.skipped_frames());
}

/// Only what this element and its engine do counts: waiting for downstream would tell downstream of itself.
void Delivery::observe(const Item& item, bool own) {
  if (item.waits && !own) return;
  uint64_t ready = 0, waited = 0;
  for_each_ticket(item.ticket, item.objects, [&](const Ticket& ticket) {
    const uint64_t at = item.waits ? ticket.done_at_ns : ticket.staged_at_ns;
    if (at < ready) return;
    ready = at;
    if (item.waits) waited = ticket.wait_ns;
  });
  if (ready == 0) return;
  uint64_t took = ready - std::min(ready, item.arrived_at_ns);
  if (item.waits) took -= std::min({took, waited, latency_.batch_wait_ns()});
  if (!latency_.observe(took) || !latency_.live()) return;
  GST_DEBUG("latency is now %" GST_TIME_FORMAT, GST_TIME_ARGS(latency_.total_ns()));
  outlet_.post_latency();
}

/// Objects that have to be steadied, and of which the stabiliser knows nothing (any more), are inferred again.
void Delivery::steady(ObjectReport& report, const FrameTimes& times) {
  const bool wanted = wants_stable(outlet_.tuning());
  for (size_t i = 0; i < report.results.size(); ++i) {
    const auto& track = report.of[i]->track;
    if (!track) continue;
    stable_.fill(*track, times, report.results[i].stable);
    if (wanted && !stable_.knows(*track)) object_cache_.infer_again(*track);
  }
}

void Delivery::set_objects(const FrameObjects& objects, ObjectReport report) {
  newest_.objects = std::move(report.results);
  newest_.frame_width = objects.width;
  newest_.frame_height = objects.height;
}

GstBuffer* Delivery::attach(GstBuffer* frame, bool own, const Item& item) {
  const uint64_t start = clock_->now_ns();
  newest_.inferred = own;
  if (!own) {
    newest_.age_ns = elapsed(newest_pts_, GST_BUFFER_PTS(frame));
    newest_.inference_time_ns = 0;
  }
  statistics_.result_age(newest_.age_ns);
  frame = gst_buffer_make_writable(frame);
  if (item.objects) {
    ObjectReport report = report_objects(*item.objects, GST_BUFFER_PTS(frame), object_cache_);
    steady(report, item.times);
    attach_objects(frame, report, newest_.model);
    statistics_.objects(count_objects(*item.objects, report));
    set_objects(*item.objects, std::move(report));
  }
  attach_classification(frame, newest_);
  attach_analytics(frame, newest_);
  statistics_.took(Stage::Attach, clock_->now_ns() - start);
  return frame;
}

}  // namespace cnn
