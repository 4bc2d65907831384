// SPDX-License-Identifier: MIT
#include "plugin/classify.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "plugin/frame.h"
#include "plugin/log.h"

namespace cnn {
namespace {

using Clock = std::chrono::steady_clock;

uint64_t since(Clock::time_point start) {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start).count());
}

ClassifierOptions options_of(const Settings& settings) {
  ClassifierOptions options;
  options.device = settings.device;
  options.precision = settings.precision;
  options.threads = static_cast<int>(settings.threads);
  options.max_batch = static_cast<int>(settings.batch_size);
  options.top_k = static_cast<int>(settings.top_k);
  options.threshold = static_cast<float>(settings.threshold);
  options.labels_file = settings.labels_file;
  options.features = settings.features == "none" ? "" : settings.features;
  options.normalise_features = settings.normalise_features;
  return options;
}

/// Distance of two time stamps; 0 when one is missing or time went back.
uint64_t elapsed(GstClockTime from, GstClockTime to) {
  return GST_CLOCK_TIME_IS_VALID(from) && GST_CLOCK_TIME_IS_VALID(to) && to > from ? to - from : 0;
}

}  // namespace

Status Classify::start(const Settings& settings) {
  stop();
  CNN_TRY(classifier, Classifier::open(settings.model_file, options_of(settings)));
  classifier_ = std::move(classifier);
  batch_size_ = settings.batch_size;
  gst_segment_init(&segment_, GST_FORMAT_TIME);
  statistics_.reset();
  latency_.reset(batch_size_, time_one_run() * batch_size_);
  GST_INFO("model %s opened: input %dx%d, %d classes, device %s%s%s, precision %s (%s), batches of at most %u",
           classifier_->model_name().c_str(), classifier_->input_width(), classifier_->input_height(),
           classifier_->class_count(), classifier_->device().c_str(), classifier_->device_reason().empty() ? "" : ": ",
           classifier_->device_reason().c_str(), to_string(classifier_->precision()).data(),
           classifier_->precision_reason().c_str(), batch_size_);
  return {};
}

/// What one frame takes, measured on a black picture, so that the first answer about latency is no guess.
uint64_t Classify::time_one_run() {
  constexpr int kSide = 64;
  const std::vector<uint8_t> black(kSide * kSide * 3);
  ImageView picture;
  picture.width = picture.height = kSide;
  picture.planes[0] = black.data();
  picture.strides[0] = kSide * 3;
  const auto start = Clock::now();
  if (!classifier_->stage(0, picture)) return 0;
  classifier_->run(1);
  return since(start);
}

void Classify::stop() {
  discard();
  has_format_ = false;
  classifier_.reset();
}

void Classify::set_format(const GstVideoInfo& info) {
  info_ = info;
  has_format_ = true;
  const bool has_rate = GST_VIDEO_INFO_FPS_N(&info) > 0;
  latency_.set_frame_duration(
      has_rate ? gst_util_uint64_scale_int(GST_SECOND, GST_VIDEO_INFO_FPS_D(&info), GST_VIDEO_INFO_FPS_N(&info)) : 0);
  GST_INFO("frames are %dx%d %s", GST_VIDEO_INFO_WIDTH(&info), GST_VIDEO_INFO_HEIGHT(&info),
           gst_video_format_to_string(GST_VIDEO_INFO_FORMAT(&info)));
}

void Classify::discard() {
  if (!held_.empty()) GST_DEBUG("%zu held frames dropped", held_.size());
  release_held();
  frames_since_inference_ = 0;
  has_last_ = false;
  asked_live_ = false;
}

void Classify::release_held() {
  for (const Held& held : held_) gst_buffer_unref(held.buffer);
  held_.clear();
  staged_ = 0;
}

bool Classify::wants_inference(const Tuning& tuning) {
  const bool due = frames_since_inference_ == 0 || frames_since_inference_ >= tuning.inference_interval;
  frames_since_inference_ = due ? 1 : frames_since_inference_ + 1;
  return due;
}

Status Classify::stage(Held& held) {
  const auto start = Clock::now();
  MappedFrame frame;
  CNN_CHECK(frame.map(info_, held.buffer));
  CNN_CHECK(classifier_->stage(staged_, frame.view()));
  held.slot = staged_++;
  stage_ns_ = since(start);
  statistics_.preprocessed(stage_ns_);
  return {};
}

bool Classify::batch_is_due() const {
  // Frames without inference count too: what is held stays bounded, and so does the wait, whatever the interval.
  if (staged_ == 0 || held_.size() >= batch_size_ || !latency_.may_wait()) return true;
  const uint64_t waited = elapsed(GST_BUFFER_PTS(held_.front().buffer), GST_BUFFER_PTS(held_.back().buffer));
  return latency_.live() && waited >= latency_.batch_wait_ns();
}

GstFlowReturn Classify::frame(GstBuffer* buffer) {
  statistics_.frame_in();
  if (!has_format_) {
    gst_buffer_unref(buffer);
    outlet_.fail({ErrorCode::InvalidArgument, "frame: it came before its caps"});
    return GST_FLOW_NOT_NEGOTIATED;
  }
  if (!std::exchange(asked_live_, true)) latency_.set_live(outlet_.upstream_is_live());
  held_.push_back({buffer, -1});
  if (wants_inference(outlet_.tuning())) {
    if (const Status staged = stage(held_.back()); !staged) {
      release_held();
      outlet_.fail(staged.error());
      return GST_FLOW_ERROR;
    }
  }
  return batch_is_due() ? drain() : GST_FLOW_OK;
}

GstFlowReturn Classify::drain() {
  if (held_.empty()) return GST_FLOW_OK;
  const Tuning tuning = outlet_.tuning();
  if (staged_ > 0) run(tuning);
  GstFlowReturn flow = GST_FLOW_OK;
  while (!held_.empty() && flow == GST_FLOW_OK) flow = send_first(tuning);
  release_held();
  return flow;
}

void Classify::run(const Tuning& tuning) {
  classifier_->set_top_k(static_cast<int>(tuning.top_k));
  classifier_->set_threshold(static_cast<float>(tuning.threshold));
  const auto start = Clock::now();
  classifier_->run(staged_);
  const uint64_t ns = since(start);
  run_ns_per_frame_ = ns / static_cast<uint64_t>(staged_);
  statistics_.ran(staged_, ns);
  GST_LOG("batch of %d took %" GST_TIME_FORMAT, staged_, GST_TIME_ARGS(ns));
  if (latency_.observe(stage_ns_ + ns) && latency_.live()) {
    GST_DEBUG("latency is now %" GST_TIME_FORMAT, GST_TIME_ARGS(latency_.total_ns()));
    outlet_.post_latency();
  }
}

const ClassificationMeta& Classify::result_of(const Held& held) {
  const GstClockTime pts = GST_BUFFER_PTS(held.buffer);
  last_.inferred = held.slot >= 0;
  if (!last_.inferred) {
    last_.age_ns = elapsed(last_pts_, pts);
    last_.inference_time_ns = 0;
    return last_;
  }
  classifier_->read(held.slot, scratch_);
  last_.classes.clear();
  for (const ClassScore& score : scratch_.classes)
    last_.classes.push_back({*score.label, score.confidence, score.index});
  last_.features = scratch_.features;
  last_.model = classifier_->model_name();
  last_.inference_time_ns = run_ns_per_frame_;
  last_.age_ns = 0;
  last_pts_ = pts;
  has_last_ = true;
  return last_;
}

GstFlowReturn Classify::send_first(const Tuning& tuning) {
  Held& held = held_.front();
  if (held.slot >= 0 || has_last_) {
    const ClassificationMeta& meta = result_of(held);
    held.buffer = gst_buffer_make_writable(held.buffer);
    attach_classification(held.buffer, meta);
    attach_analytics(held.buffer, meta);
    if (tuning.post_messages && meta.inferred) outlet_.post_result(held.buffer, segment_, meta);
  }
  statistics_.frame_out(held.slot >= 0);
  GstBuffer* buffer = held.buffer;
  held_.pop_front();
  return outlet_.push(buffer);
}

}  // namespace cnn
