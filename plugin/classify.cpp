// SPDX-License-Identifier: MIT
#include "plugin/classify.h"

#include <algorithm>
#include <utility>

#include "plugin/cuda_memory.h"
#include "plugin/log.h"

namespace cnn {
namespace {

// Live: frames that may stand behind one whose result is late, before it goes without. A third of a second at 25
// frames/s.
constexpr size_t kPatience = 8;

}  // namespace

Classify::Classify(Outlet& outlet)
    : outlet_(outlet),
      outbox_(std::make_shared<Outbox>()),
      swap_(outlet, [outbox = outbox_] { outbox->kick(); }),
      delivery_(outlet, statistics_, latency_, object_cache_) {}

Status Classify::start(const Settings& settings) {
  stop();
  settings_ = settings;
  const auto kick = [outbox = outbox_] { outbox->kick(); };
  CNN_TRY(spec, spec_of(settings));
  CNN_TRY(taken, take_place(spec, settings.priority, kick, swap_.desk(), false));
  set_place(taken);
  const std::shared_ptr<Service> service = taken.service;
  gst_segment_init(&segment_, GST_FORMAT_TIME);
  statistics_.reset(outlet_.name());
  delivery_.start(service->engine().model_name(), service->clock());
  const unsigned batch = std::max(1u, settings.batch_size);
  const bool waits = settings.video_delay == VideoDelay::Result;
  latency_.reset(batch, waits ? service->expected_run_ns(1) * batch : 0);
  latency_.set_frames_wait(waits);
  GST_INFO("model %s opened: %s, batches of at most %d", service->engine().model_name().c_str(),
           service->engine().description().c_str(), service->engine().max_batch());
  swap_.start(settings);
  return {};
}

void Classify::stop() {
  if (const Place left = place()) {
    last_share_ = left.service->share_of(*left.lane);
    set_place({});
    drop(outbox_->take_all());
    delivery_.forget();
    // Tickets name labels of the engine: they go before it may.
    last_ticket_.reset();
    last_objects_.reset();
  }
  swap_.stop();
  has_format_ = false;
}

Place Classify::place() const {
  const std::lock_guard lock(place_mutex_);
  return place_;
}

void Classify::set_place(Place place) {
  const std::lock_guard lock(place_mutex_);
  place_ = std::move(place);
}

void Classify::set_format(const GstVideoInfo& info) {
  info_ = info;
  has_format_ = true;
  const bool has_rate = GST_VIDEO_INFO_FPS_N(&info) > 0;
  const bool changed = latency_.set_frame_duration(
      has_rate ? gst_util_uint64_scale_int(GST_SECOND, GST_VIDEO_INFO_FPS_D(&info), GST_VIDEO_INFO_FPS_N(&info)) : 0);
  if (changed && latency_.live()) outlet_.post_latency();
  GST_INFO("frames are %dx%d %s", GST_VIDEO_INFO_WIDTH(&info), GST_VIDEO_INFO_HEIGHT(&info),
           gst_video_format_to_string(GST_VIDEO_INFO_FORMAT(&info)));
}

void Classify::learn_upstream() {
  if (knows_upstream_.exchange(true)) return;
  upstream_ = outlet_.upstream();
  latency_.set_live(upstream_.live);
  policy_ = settings_.live_policy;
  if (policy_ == LivePolicy::Auto) policy_ = upstream_.live ? LivePolicy::Latest : LivePolicy::All;
  patience_ = infers_all() ? SIZE_MAX : kPatience + settings_.batch_size;
}

GstFlowReturn Classify::frame(GstBuffer* buffer) {
  statistics_.frame_in();
  Item item;
  item.object = GST_MINI_OBJECT_CAST(buffer);
  if (!has_format_ || !place_) {
    gst_buffer_unref(buffer);
    outlet_.fail({ErrorCode::InvalidArgument, "frame: it came before its caps"});
    return GST_FLOW_NOT_NEGOTIATED;
  }
  learn_upstream();
  watch_source(place_.service->clock().now_ns());
  pass_on();
  if (!outbox_->wait_for_room(room())) {
    gst_buffer_unref(buffer);
    return GST_FLOW_FLUSHING;
  }
  item.arrived_at_ns = place_.service->clock().now_ns();
  item.times = times_of(buffer, segment_);
  item.waits = settings_.video_delay == VideoDelay::Result;
  if (swap_.pending()) change_model(item.times);
  item.service = place_.service;
  if (const Status entered = infer(item, outlet_.tuning()); !entered) {
    gst_buffer_unref(buffer);
    statistics_.frame_dropped(1);
    outlet_.fail(entered.error());
    return GST_FLOW_ERROR;
  }
  outbox_->append(std::move(item));
  // Frames without inference count too: what is held stays bounded, and so does the wait, whatever the interval.
  if (settings_.batch_size > 1 && outbox_->frames_waiting() >= (works_ahead() ? room() : settings_.batch_size))
    place_.service->close(place_.lane, may_run_here());
  pass_on();
  returned_at_ns_ = place_.service->clock().now_ns();
  return delivery_.take_flow();
}

void Classify::event(GstEvent* event) {
  Item item;
  item.object = GST_MINI_OBJECT_CAST(event);
  if (place_) place_.service->close(place_.lane, may_run_here());
  if (GST_EVENT_TYPE(event) == GST_EVENT_EOS) {
    item.ticket = last_ticket_;
    item.objects = last_objects_;
    item.waits = true;
  }
  outbox_->wait_for_room(SIZE_MAX);
  outbox_->append(std::move(item));
  pass_on();
}

bool Classify::drain() {
  if (place_) place_.service->close(place_.lane, may_run_here());
  pass_on();
  return outbox_->wait_until_empty();
}

void Classify::close_batch() {
  if (const Place at = place()) at.service->close(at.lane, false);
}

bool Classify::work() {
  if (!outbox_->wait_for_kick()) return false;
  send_ready();
  return true;
}

/// The streaming thread's way to send.
void Classify::pass_on() {
  if (hands_over())
    outbox_->kick();
  else
    send_ready();
}

void Classify::send_ready() {
  outbox_->send_ready([this](Item& item) { delivery_.send(item); }, patience_);
}

void Classify::set_flushing(bool flushing) {
  flushing_ = flushing;
  outbox_->set_flushing(flushing);
  if (const Place at = place()) at.service->set_flushing(at.lane, flushing);
}

void Classify::drop(std::vector<Item> items) {
  uint64_t frames = 0;
  for (const Item& item : items) {
    frames += item.is_frame();
    gst_mini_object_unref(item.object);
  }
  if (frames > 0) GST_DEBUG("%" G_GUINT64_FORMAT " held frames dropped", guint64{frames});
  statistics_.frame_dropped(frames);
  delivery_.forget();
  delivery_.take_flow();
  object_cache_.clear();
  qos_.reset();
  frames_since_inference_ = 0;
  prompt_frames_ = 0;
  batch_began_ = GST_CLOCK_TIME_NONE;
  knows_upstream_ = false;
}

bool Classify::heed_qos(GstEvent* event) {
  return patience_ != SIZE_MAX && qos_.heed(event, latency_.frame_duration_ns());
}

void Classify::set_pipeline_latency(GstClockTime latency) {
  pipeline_latency_ = latency;
  knows_upstream_ = false;
}

unsigned Classify::frames_held() {
  learn_upstream();
  const bool may_work_ahead = place_ && infers_all() && settings_.batch_size != 1 && place_.service->alone();
  if (may_work_ahead) return 2 * static_cast<unsigned>(place_.service->engine().max_batch());
  if (infers_all()) return static_cast<unsigned>(room());
  return settings_.video_delay == VideoDelay::None ? 1 : static_cast<unsigned>(room());
}

std::shared_ptr<const FrameSlots> Classify::frame_slots() const {
  const Place at = place();
  return at && settings_.video_delay == VideoDelay::Result ? at.service->engine().frame_slots() : nullptr;
}

bool Classify::takes_cuda_memory() const {
  const Place at = place();
  if (!at) return true;
  const auto slots = at.service->engine().frame_slots();
  return slots && slots->context() && shares_cuda_memory();
}

GstStructure* Classify::stats() const {
  GstStructure* structure = statistics_.structure();
  const Place at = place();
  gst_structure_set(structure, "model", G_TYPE_STRING, at ? at.service->engine().model_name().c_str() : "",
                    "model-file", G_TYPE_STRING, at.model_file.c_str(), nullptr);
  swap_.describe(structure);
  gst_structure_set(structure, "engine-share", G_TYPE_DOUBLE, at ? at.service->share_of(*at.lane) : last_share_.load(),
                    "latency", G_TYPE_UINT64, guint64{latency_.total_ns()}, nullptr);
  return structure;
}

}  // namespace cnn
