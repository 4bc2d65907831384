// SPDX-License-Identifier: MIT
#include "plugin/delivery.h"

#include <algorithm>
#include <utility>

#include "plugin/log.h"

namespace cnn {
namespace {

constexpr uint64_t kQosPeriodNs = 1000000000;  // a message for every frame would flood the bus

}  // namespace

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
  if (settled && results.has_failed()) {
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
