// SPDX-License-Identifier: MIT
#include "plugin/classify.h"

#include <algorithm>
#include <utility>

#include "plugin/log.h"

namespace cnn {
namespace {

// Where the user leaves the batch to us: most of what a batch gains is had by then.
constexpr int kAutoBatch = 8;

// Live: frames that may stand behind one whose result is late, before it goes without. A third of a second at 25
// frames/s.
constexpr size_t kPatience = 8;

ClassifierOptions options_of(const Settings& settings) {
  ClassifierOptions options;
  options.device = settings.device;
  options.precision = settings.precision;
  options.threads = static_cast<int>(settings.threads);
  options.max_batch = settings.batch_size > 0 ? static_cast<int>(settings.batch_size) : kAutoBatch;
  options.labels_file = settings.labels_file;
  options.features = settings.features == "none" ? "" : settings.features;
  options.normalise_features = settings.normalise_features;
  return options;
}

}  // namespace

Classify::Classify(Outlet& outlet)
    : outlet_(outlet), outbox_(std::make_shared<Outbox>()), delivery_(outlet, statistics_, latency_, object_cache_) {}

Status Classify::start(const Settings& settings) {
  stop();
  settings_ = settings;
  CNN_TRY(service, engine_cache().acquire({settings.model_file, options_of(settings), settings.engine_id}));
  CNN_TRY(stager, service->engine().make_stager());
  stager_ = std::move(stager);
  CNN_TRY(object_stager, service->engine().make_stager());
  object_stager_ = std::move(object_stager);
  const LanePtr lane = service->add(settings.priority, [outbox = outbox_] { outbox->kick(); });
  set_place({service, lane});
  gst_segment_init(&segment_, GST_FORMAT_TIME);
  statistics_.reset(outlet_.name());
  delivery_.start(service->engine().model_name(), service->clock());
  if (const Status run = time_one_run(); !run) {
    stop();
    return run;
  }
  const unsigned batch = std::max(1u, settings.batch_size);
  const bool waits = settings.video_delay == VideoDelay::Result;
  latency_.reset(batch, waits ? service->expected_run_ns(1) * batch : 0);
  latency_.set_frames_wait(waits);
  GST_INFO("model %s opened: %s, batches of at most %d", service->engine().model_name().c_str(),
           service->engine().description().c_str(), service->engine().max_batch());
  return {};
}

/// What one frame takes, measured on a black picture, so that the first answer about latency is no guess.
Status Classify::time_one_run() {
  Service& service = *place_.service;
  if (service.expected_run_ns(1) > 0) return {};
  constexpr int kSide = 64;
  const std::vector<uint8_t> black(kSide * kSide * 3);
  ImageView picture;
  picture.width = picture.height = kSide;
  picture.planes[0] = black.data();
  picture.strides[0] = kSide * 3;
  const Claim claim = service.claim(place_.lane, {});
  if (const Status staged = service.engine().stage(claim.slot, picture, *stager_); !staged) {
    // A model that listens takes no picture; its first spectrogram shows what a run takes.
    service.cancel(claim);
    return {};
  }
  service.submit(place_.lane, claim, 0, true);
  return claim.ticket->settled() && claim.ticket->state == Ticket::State::Failed ? Status(claim.ticket->error)
                                                                                 : Status();
}

void Classify::stop() {
  if (const Place left = place()) {
    last_share_ = left.service->share_of(*left.lane);
    set_place({});
    left.service->remove(left.lane);
    drop(outbox_->take_all());
    delivery_.forget();
    // Tickets name labels of the engine: they go before it may.
    last_ticket_.reset();
    last_objects_.reset();
    stager_.reset();
    object_stager_.reset();
  }
  has_format_ = false;
}

Classify::Place Classify::place() const {
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

GstStructure* Classify::stats() const {
  GstStructure* structure = statistics_.structure();
  const Place at = place();
  gst_structure_set(structure, "engine-share", G_TYPE_DOUBLE, at ? at.service->share_of(*at.lane) : last_share_.load(), "latency",
                    G_TYPE_UINT64, guint64{latency_.total_ns()}, nullptr);
  return structure;
}

}  // namespace cnn
