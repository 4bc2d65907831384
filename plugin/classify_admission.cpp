// SPDX-License-Identifier: MIT
// Which frames are inferred, and when their batch closes.
#include <algorithm>

#include "plugin/classify.h"
#include "plugin/frame.h"
#include "plugin/log.h"

namespace cnn {
namespace {

// A file's frames come as fast as they are taken: who lets a batch of his size wait longer than this has none left.
constexpr uint64_t kCollectNs = 100000000;

// Files: frames that a stream may have under way, so that its decoder works while the engine does.
constexpr size_t kFramesUnderWay = 3;

// How many frames in a row have to come about as fast as they are inferred, until a source counts as fast.
constexpr int kPromptFrames = 16;

// Below, handing over to another thread costs more than it gains.
constexpr uint64_t kWorthAhead = 200000;

}  // namespace

size_t Classify::room() const {
  if (works_ahead()) return 2 * static_cast<size_t>(place_.service->engine().max_batch());
  return infers_all() ? std::max<size_t>(kFramesUnderWay, settings_.batch_size) : patience_ + 1;
}

void Classify::watch_source(uint64_t now) {
  const bool prompt = now - returned_at_ns_ < 4 * place_.service->expected_run_ns(1);
  prompt_frames_ = prompt ? std::min(prompt_frames_ + 1, kPromptFrames) : 0;
}

/// A file whose decoder and inference take about as long, or inference longer: its frames go to the service's thread,
/// so that the next ones are decoded meanwhile and batches fill by themselves.
bool Classify::works_ahead() const {
  return settings_.batch_size != 1 && infers_all() && !upstream_.live && prompt_frames_ == kPromptFrames &&
         place_.service->expected_run_ns(1) >= kWorthAhead;
}

/// Whether frames wait for company although the engine is free. Frames of other streams are company enough.
bool Classify::collects() const {
  return settings_.batch_size > 1 && latency_.may_wait() && (upstream_.live || place_.service->alone());
}

/// The streaming thread may compute where it would wait anyway, or is back before its next frame.
bool Classify::may_run_here() const {
  if (settings_.video_delay == VideoDelay::None || works_ahead()) return false;
  if (infers_all()) return true;
  const int frames = static_cast<int>(std::max(1u, settings_.batch_size));
  return 2 * place_.service->expected_run_ns(frames) < latency_.nominal_frame_ns();
}

/// A sink that keeps to its clock holds the thread that brings a frame until it is time for it: by as much as the
/// pipeline's latency exceeds upstream's, the source would be held up too. The source pad's task can wait instead.
bool Classify::hands_over() const {
  const GstClockTime told = pipeline_latency_;
  if (!upstream_.live || !GST_CLOCK_TIME_IS_VALID(told)) return false;
  const uint64_t held = told - std::min(told, upstream_.latency);
  return settings_.batch_size != 1 || 2 * held > latency_.nominal_frame_ns();
}

bool Classify::would_be_late(const FrameTimes& times) const {
  const GstClockTime now = outlet_.running_time();
  if (!GST_CLOCK_TIME_IS_VALID(now) || !GST_CLOCK_TIME_IS_VALID(times.running_time)) return false;
  const GstClockTime told = pipeline_latency_;
  const uint64_t latency = GST_CLOCK_TIME_IS_VALID(told) ? told : upstream_.latency + latency_.total_ns();
  const Service& service = *place_.service;
  const uint64_t clock_now = place_.service->clock().now_ns();
  const uint64_t until_free = service.expected_free_ns() - std::min(service.expected_free_ns(), clock_now);
  return now + until_free + stage_ns_ + service.expected_run_ns(1) > times.running_time + latency;
}

SkipReason Classify::reason_to_skip(const FrameTimes& times, const Tuning& tuning) const {
  if (frames_since_inference_ > 0 && frames_since_inference_ < tuning.inference_interval) return SkipReason::Interval;
  if (infers_all()) return SkipReason::None;
  if (qos_.skips(times.running_time)) return SkipReason::Qos;
  if (policy_ == LivePolicy::Deadline && would_be_late(times)) return SkipReason::Late;
  return SkipReason::None;
}

Request Classify::request_for(const Tuning& tuning) const {
  Request request;
  request.demand = infers_all() ? Demand::Every : policy_ == LivePolicy::Latest ? Demand::Newest : Demand::Spare;
  request.choice = {static_cast<int>(tuning.top_k), static_cast<float>(tuning.threshold)};
  request.choice.probabilities = wants_stable(tuning);
  request.own_limit = place_.service->alone() ? static_cast<int>(std::max(1u, settings_.batch_size)) : 1;
  request.next_frame_ns = latency_.frame_duration_ns();
  return request;
}

/// Null `box`: the whole frame.
Status Classify::stage(const Claim& claim, GstBuffer* frame, std::shared_ptr<MappedFrame>& mapped, const Box* box) {
  const Clock& clock = place_.service->clock();
  const uint64_t start = clock.now_ns();
  if (!mapped) {
    mapped = std::make_shared<MappedFrame>();
    const auto slots = place_.service->engine().frame_slots();
    CNN_CHECK(mapped->map(info_, frame, slots ? slots->context() : nullptr));
  }
  const uint64_t mapped_at = clock.now_ns();
  // Whoever sends frames on before their result is there cannot keep them for it: downstream would have to copy them. On a
  // device such a copy is cheap, bringing the frame to the host is not.
  const bool kept = mapped->memory() == FrameMemory::Device ||
                    (settings_.video_delay == VideoDelay::Result && mapped->memory() == FrameMemory::Pinned);
  if (kept) claim.ticket->frame = mapped;
  CNN_CHECK(place_.service->engine().stage(claim.slot, mapped->frame(box, kept), place_.stager_for(box)));
  const uint64_t end = clock.now_ns();
  stage_ns_ = end - start;
  statistics_.took(Stage::Map, mapped_at - start);
  statistics_.took(Stage::Preprocess, end - mapped_at);
  return {};
}

/// Gives `item` a ticket, or a reason why it has none.
Status Classify::infer(Item& item, const Tuning& tuning) {
  item.skipped = reason_to_skip(item.times, tuning);
  if (settings_.regions != Regions::Frame) return infer_regions(item, tuning);
  if (item.skipped == SkipReason::None) {
    const Claim claim = place_.service->claim(place_.lane, request_for(tuning));
    if (claim.outcome == Claim::Outcome::Granted) {
      std::shared_ptr<MappedFrame> mapped;
      if (const Status staged = stage(claim, GST_BUFFER_CAST(item.object), mapped, nullptr); !staged) {
        place_.service->cancel(claim);
        return staged;
      }
      place_.service->submit(place_.lane, claim, close_at_ns(item.times), may_run_here());
      item.ticket = last_ticket_ = claim.ticket;
      frames_since_inference_ = 1;
      qos_.inferred();
      run_beside(*mapped, nullptr, claim.ticket);
      return {};
    }
    item.skipped = SkipReason::Busy;
  }
  // One that was refused does not count: the next frame tries again.
  if (item.skipped == SkipReason::Interval) ++frames_since_inference_;
  return {};
}

/// When the batch that the frame is in has to close, by the service's clock.
uint64_t Classify::close_at_ns(const FrameTimes& times) {
  const uint64_t now = place_.service->clock().now_ns();
  if (!collects()) return now;
  if (!upstream_.live) return now + kCollectNs;
  const bool first = !last_ticket_ || last_ticket_->settled();
  if (first) batch_began_ = times.timestamp;
  const uint64_t wait = latency_.batch_wait_ns();
  if (elapsed(batch_began_, times.timestamp) >= wait) return now;
  const GstClockTime running_time = outlet_.running_time();
  if (!GST_CLOCK_TIME_IS_VALID(running_time) || !GST_CLOCK_TIME_IS_VALID(times.running_time)) return now + wait;
  // The frame was due here at its time plus what upstream takes: only the rest of the wait is left.
  const uint64_t late = elapsed(times.running_time + upstream_.latency, running_time);
  return now + wait - std::min(wait, late);
}

}  // namespace cnn
