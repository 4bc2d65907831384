// SPDX-License-Identifier: MIT
#include "plugin/delivery.h"

#include <algorithm>

#include "plugin/log.h"

namespace cnn {
namespace {

constexpr uint64_t kQosPeriodNs = 1000000000;  // a message for every frame would flood the bus

/// Distance of two time stamps; 0 when one is missing or time went back.
uint64_t elapsed(GstClockTime from, GstClockTime to) {
  return GST_CLOCK_TIME_IS_VALID(from) && GST_CLOCK_TIME_IS_VALID(to) && to > from ? to - from : 0;
}

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
}

void Delivery::send(Item& item) {
  if (item.is_frame()) return send_frame(item);
  absorb_settled();
  outlet_.push_event(GST_EVENT_CAST(item.object));
}

void Delivery::send_frame(Item& item) {
  // Asked before the older ones are: none of them may settle unseen in between.
  const bool settled = item.ticket && item.ticket->settled();
  absorb_settled();
  bool own = false;
  if (!item.ticket)
    count_skipped(item.skipped, item.times);
  else if (settled && awaited_.empty())
    own = take_result(*item.ticket, *item.service, item.times);
  else
    awaited_.push_back({item.ticket, item.service, item.times});
  GstBuffer* frame = GST_BUFFER_CAST(item.object);
  if (settled && item.ticket->state == Ticket::State::Failed) {
    gst_buffer_unref(frame);
    statistics_.frame_dropped(1);
    return;
  }
  observe(item, own);
  if (has_newest_) frame = attach(frame, own);
  statistics_.frame_out();
  const GstFlowReturn flow = outlet_.push(frame);
  if (flow != GST_FLOW_OK) flow_ = flow;
}

/// In the order of the frames, so that the newest result is that of the newest frame.
void Delivery::absorb_settled() {
  for (; !awaited_.empty() && awaited_.front().ticket->settled(); awaited_.pop_front())
    take_result(*awaited_.front().ticket, *awaited_.front().service, awaited_.front().times);
}

/// True: the newest result is now the ticket's.
bool Delivery::take_result(Ticket& ticket, Service& service, const FrameTimes& times) {
  if (ticket.state == Ticket::State::Dropped) {
    count_skipped(SkipReason::Busy, times);
    return false;
  }
  if (ticket.state == Ticket::State::Failed) {
    if (!failed_) outlet_.fail(ticket.error);
    failed_ = true;
    flow_ = GST_FLOW_ERROR;
    return false;
  }
  statistics_.inferred();
  statistics_.took(Stage::Wait, ticket.wait_ns);
  statistics_.took(Stage::Run, ticket.run_ns);
  if (ticket.batch != last_batch_) statistics_.batch(ticket.batch_frames);
  last_batch_ = ticket.batch;

  newest_.model = service.engine().model_name();
  newest_.classes.clear();
  for (const ClassScore& score : ticket.result.classes)
    newest_.classes.push_back({*score.label, score.confidence, score.index});
  newest_.features = std::move(ticket.result.features);
  newest_.inference_time_ns = ticket.run_ns;
  newest_.age_ns = 0;
  newest_.inferred = true;
  newest_pts_ = times.timestamp;
  has_newest_ = true;
  if (outlet_.tuning().post_messages) outlet_.post_result(times, newest_);
  return true;
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
  if (!item.ticket || (item.waits && !own)) return;
  const Ticket& ticket = *item.ticket;
  const uint64_t ready = item.waits ? ticket.done_at_ns : ticket.staged_at_ns;
  uint64_t took = ready - std::min(ready, item.arrived_at_ns);
  if (item.waits) took -= std::min({took, ticket.wait_ns, latency_.batch_wait_ns()});
  if (!latency_.observe(took) || !latency_.live()) return;
  GST_DEBUG("latency is now %" GST_TIME_FORMAT, GST_TIME_ARGS(latency_.total_ns()));
  outlet_.post_latency();
}

GstBuffer* Delivery::attach(GstBuffer* frame, bool own) {
  const uint64_t start = clock_->now_ns();
  newest_.inferred = own;
  if (!own) {
    newest_.age_ns = elapsed(newest_pts_, GST_BUFFER_PTS(frame));
    newest_.inference_time_ns = 0;
  }
  statistics_.result_age(newest_.age_ns);
  frame = gst_buffer_make_writable(frame);
  attach_classification(frame, newest_);
  attach_analytics(frame, newest_);
  statistics_.took(Stage::Attach, clock_->now_ns() - start);
  return frame;
}

}  // namespace cnn
