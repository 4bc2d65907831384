// SPDX-License-Identifier: MIT
#include "plugin/spectrogram/audio_patches.h"

#include <algorithm>

#include "plugin/spectrogram/caps.h"

namespace cnn {
namespace {

constexpr size_t kBlock = 4096;  // samples that are mixed at a time

// As GStreamer's audio sinks: what is off by less is jitter.
constexpr GstClockTimeDiff kJitter = 40 * GST_MSECOND;

// Clocks of source and pipeline drift apart; time stamps follow once they differ by this.
constexpr GstClockTimeDiff kDrift = 10 * GST_MSECOND;

GstClockTime duration_of(int64_t samples, int rate) {
  return gst_util_uint64_scale_round(static_cast<guint64>(samples), GST_SECOND, static_cast<guint64>(rate));
}

}  // namespace

Status AudioPatches::start(const SpectrogramProperties& properties) {
  CNN_TRY(stream, PatchStream::create(properties));
  stream_.emplace(std::move(stream));
  properties_ = properties;
  latency_ = duration_of(properties.patch_samples(), properties.sample_rate);
  gst_segment_init(&segment_, GST_FORMAT_TIME);
  flush();
  return {};
}

void AudioPatches::stop() {
  stream_.reset();
  info_ = {};
}

Status AudioPatches::set_format(const GstAudioInfo& info) {
  if (GST_AUDIO_INFO_RATE(&info) != properties_.sample_rate)
    return error(ErrorCode::InvalidArgument, "the sound has ", GST_AUDIO_INFO_RATE(&info),
                 " samples a second but the spectrogram is of ", properties_.sample_rate,
                 "; audioresample in front makes it fit");
  if (properties_.channel >= GST_AUDIO_INFO_CHANNELS(&info))
    return error(ErrorCode::InvalidArgument, "channel is ", properties_.channel, " but the sound has ",
                 GST_AUDIO_INFO_CHANNELS(&info), " channels, counted from 0");
  info_ = info;
  return {};
}

GstCaps* AudioPatches::caps() const {
  const SpectrogramProperties& p = properties_;
  const bool band_rows = p.layout == PatchLayout::BandsFrames;
  int rate_n = p.sample_rate, rate_d = 1;
  gst_util_fraction_multiply(p.sample_rate, p.hop_length, 1, 1, &rate_n, &rate_d);
  if (!gst_util_fraction_multiply(rate_n, rate_d, 1, p.patch_hop, &rate_n, &rate_d)) rate_n = 0, rate_d = 1;
  return gst_caps_new_simple(
      kSpectrogramType, "format", G_TYPE_STRING, kSpectrogramFormat, "width", G_TYPE_INT,
      band_rows ? p.patch_frames : p.n_mels, "height", G_TYPE_INT, band_rows ? p.n_mels : p.patch_frames, "layout",
      G_TYPE_STRING, band_rows ? kBandRows : kFrameRows, "framerate", GST_TYPE_FRACTION, rate_n, rate_d, nullptr);
}

GstFlowReturn AudioPatches::set_segment(const GstSegment& segment) {
  if (gst_segment_is_equal(&segment_, &segment)) return GST_FLOW_OK;
  const GstFlowReturn flow = finish();
  segment_ = segment;
  next_ = GST_CLOCK_TIME_IS_VALID(segment.start) ? segment.start : 0;
  return flow;
}

GstClockTime AudioPatches::time_of(int64_t sample) const {
  return begin_ + duration_of(sample, properties_.sample_rate);
}

/// Whether `buffer` goes on where the last one ended.
bool AudioPatches::follows(GstBuffer* buffer) const {
  if (GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DISCONT)) return false;
  return !GST_BUFFER_PTS_IS_VALID(buffer) || ABS(GST_CLOCK_DIFF(next_, GST_BUFFER_PTS(buffer))) <= kJitter;
}

Result<GstFlowReturn> AudioPatches::sound(GstBuffer* buffer) {
  const int frame_bytes = GST_AUDIO_INFO_BPF(&info_), rate = properties_.sample_rate;
  if (frame_bytes == 0 || gst_buffer_get_size(buffer) % static_cast<gsize>(frame_bytes) != 0) {
    const gsize bytes = gst_buffer_get_size(buffer);
    gst_buffer_unref(buffer);
    if (frame_bytes == 0) return error(ErrorCode::InvalidArgument, "sound came before its caps");
    return error(ErrorCode::InvalidArgument, "a buffer has ", bytes, " bytes but a sample of ",
                 GST_AUDIO_INFO_CHANNELS(&info_), " channels has ", frame_bytes);
  }
  buffer = gst_audio_buffer_clip(buffer, &segment_, rate, frame_bytes);
  if (!buffer) return GST_FLOW_OK;

  if (samples_ > 0 && !follows(buffer))
    if (const GstFlowReturn flow = finish(); flow != GST_FLOW_OK) {
      gst_buffer_unref(buffer);
      return flow;
    }
  const GstClockTime pts = GST_BUFFER_PTS_IS_VALID(buffer) ? GST_BUFFER_PTS(buffer) : next_;
  if (samples_ == 0) begin_ = pts;
  const GstClockTimeDiff drift = GST_CLOCK_DIFF(time_of(samples_), pts);
  if (ABS(drift) > kDrift) begin_ = static_cast<GstClockTime>(std::max<gint64>(0, static_cast<gint64>(begin_) + drift));

  GstAudioBuffer mapped;
  if (!gst_audio_buffer_map(&mapped, &info_, buffer, GST_MAP_READ)) {
    gst_buffer_unref(buffer);
    return error(ErrorCode::InvalidArgument, "the memory of a buffer cannot be mapped for reading");
  }
  const auto* sound = static_cast<const guint8*>(GST_AUDIO_BUFFER_PLANE_DATA(&mapped, 0));
  const size_t count = GST_AUDIO_BUFFER_N_SAMPLES(&mapped);
  next_ = pts + duration_of(static_cast<int64_t>(count), rate);
  GstFlowReturn flow = GST_FLOW_OK;
  for (size_t at = 0; at < count && flow == GST_FLOW_OK; at += kBlock) {
    mono_.resize(std::min(kBlock, count - at));
    to_mono(info_, sound + at * static_cast<size_t>(frame_bytes), properties_.channel, mono_);
    flow = take(mono_);
  }
  gst_audio_buffer_unmap(&mapped);
  gst_buffer_unref(buffer);
  return flow;
}

GstFlowReturn AudioPatches::gap(GstClockTime timestamp, GstClockTime duration, bool& filled) {
  filled = false;
  if (!stream_ || samples_ == 0) return GST_FLOW_OK;
  const bool follows = GST_CLOCK_TIME_IS_VALID(timestamp) && ABS(GST_CLOCK_DIFF(next_, timestamp)) <= kJitter;
  if (!follows || !GST_CLOCK_TIME_IS_VALID(duration) || duration > latency_) return finish();
  filled = true;
  next_ = timestamp + duration;
  auto missing = static_cast<int64_t>(
      gst_util_uint64_scale_round(duration, static_cast<guint64>(properties_.sample_rate), GST_SECOND));
  GstFlowReturn flow = GST_FLOW_OK;
  for (; missing > 0 && flow == GST_FLOW_OK; missing -= static_cast<int64_t>(kBlock)) {
    mono_.assign(std::min(kBlock, static_cast<size_t>(missing)), 0.0f);
    flow = take(mono_);
  }
  return flow;
}

GstFlowReturn AudioPatches::take(std::span<const float> samples) {
  samples_ += static_cast<int64_t>(samples.size());
  while (!samples.empty()) {
    samples = samples.subspan(stream_->push(samples));
    if (const GstFlowReturn flow = send_patches(); flow != GST_FLOW_OK) return flow;
  }
  return GST_FLOW_OK;
}

GstFlowReturn AudioPatches::send_patches() {
  while (stream_->next()) {
    GstBuffer* patch = gst_buffer_new_allocate(nullptr, stream_->size() * sizeof(float), nullptr);
    GstMapInfo map;
    if (!patch || !gst_buffer_map(patch, &map, GST_MAP_WRITE)) {
      gst_clear_buffer(&patch);
      return GST_FLOW_ERROR;
    }
    stream_->write({reinterpret_cast<float*>(map.data), stream_->size()});
    gst_buffer_unmap(patch, &map);
    const int64_t first = stream_->first_sample();
    const int64_t hop = int64_t{properties_.patch_hop} * properties_.hop_length;
    GST_BUFFER_PTS(patch) = time_of(first);
    GST_BUFFER_DURATION(patch) = time_of(first + hop) - time_of(first);
    if (first_patch_) GST_BUFFER_FLAG_SET(patch, GST_BUFFER_FLAG_DISCONT);
    first_patch_ = false;
    if (const GstFlowReturn flow = push_(patch); flow != GST_FLOW_OK) return flow;
  }
  return GST_FLOW_OK;
}

GstFlowReturn AudioPatches::finish() {
  if (!stream_ || samples_ == 0) return GST_FLOW_OK;
  stream_->finish(properties_.partial_patch);
  const GstFlowReturn flow = send_patches();
  const GstClockTime next = next_;
  flush();
  next_ = next;
  return flow;
}

void AudioPatches::flush() {
  if (stream_) stream_->reset();
  begin_ = next_ = 0;
  samples_ = 0;
  first_patch_ = true;
}

}  // namespace cnn
