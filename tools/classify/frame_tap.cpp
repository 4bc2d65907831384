// SPDX-License-Identifier: MIT
#include "tools/classify/frame_tap.h"

#include <algorithm>

namespace cnn::classify {
namespace {

constexpr GstClockTime kGuessedDuration = GST_SECOND / 25;

double seconds(GstClockTime time) { return static_cast<double>(time) / GST_SECOND; }

}  // namespace

void FrameTap::watch_input(GstPad* sink) {
  gst_pad_add_probe(sink, GST_PAD_PROBE_TYPE_BUFFER, on_input, this, nullptr);
}

void FrameTap::watch_results(GstPad* source) {
  gst_segment_init(&segment_, GST_FORMAT_TIME);
  constexpr auto kTypes = static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM);
  gst_pad_add_probe(source, kTypes, on_result, this, nullptr);
}

void FrameTap::watch_sound(GstPad* entrance, GstPad* exit) {
  gst_pad_add_probe(entrance, GST_PAD_PROBE_TYPE_BUFFER, on_sound_in, this, nullptr);
  gst_pad_add_probe(exit, GST_PAD_PROBE_TYPE_BUFFER, on_sound_out, this, nullptr);
}

GstPadProbeReturn FrameTap::refuse(GstPadProbeInfo* info) {
  gst_buffer_unref(GST_PAD_PROBE_INFO_BUFFER(info));
  GST_PAD_PROBE_INFO_FLOW_RETURN(info) = GST_FLOW_EOS;
  return GST_PAD_PROBE_HANDLED;
}

GstPadProbeReturn FrameTap::on_sound_in(GstPad*, GstPadProbeInfo* info, gpointer self) {
  auto* tap = static_cast<FrameTap*>(self);
  return tap->stopping_ ? tap->refuse(info) : GST_PAD_PROBE_OK;
}

GstPadProbeReturn FrameTap::on_sound_out(GstPad* pad, GstPadProbeInfo* info, gpointer self) {
  auto* tap = static_cast<FrameTap*>(self);
  if (!tap->stopping_) return GST_PAD_PROBE_OK;
  GstEvent* event = gst_pad_get_sticky_event(pad, GST_EVENT_SEGMENT, 0);
  if (!event) return GST_PAD_PROBE_OK;
  const GstSegment* segment = nullptr;
  gst_event_parse_segment(event, &segment);
  const GstClockTime pts = GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info));
  const GstClockTime time = gst_segment_to_running_time(segment, GST_FORMAT_TIME, pts);
  gst_event_unref(event);
  return GST_CLOCK_TIME_IS_VALID(time) && time > tap->end_running_time_ ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

GstPadProbeReturn FrameTap::on_input(GstPad*, GstPadProbeInfo* info, gpointer self) {
  auto* tap = static_cast<FrameTap*>(self);
  if (tap->stopping_) return tap->refuse(info);
  ++tap->frames_in_;
  tap->repair_timestamp(info);
  return GST_PAD_PROBE_OK;
}

void FrameTap::repair_timestamp(GstPadProbeInfo* info) {
  GstBuffer* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
  if (!GST_BUFFER_PTS_IS_VALID(buffer)) {
    buffer = gst_buffer_make_writable(buffer);
    GST_PAD_PROBE_INFO_DATA(info) = buffer;
    GST_BUFFER_PTS(buffer) = next_pts_;
  }
  const GstClockTime duration = GST_BUFFER_DURATION_IS_VALID(buffer) ? GST_BUFFER_DURATION(buffer) : kGuessedDuration;
  next_pts_ = GST_BUFFER_PTS(buffer) + duration;
}

void FrameTap::note_event(GstEvent* event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_SEGMENT) {
    gst_event_copy_segment(event, &segment_);
  } else if (GST_EVENT_TYPE(event) == GST_EVENT_CAPS) {
    GstCaps* caps = nullptr;
    gst_event_parse_caps(event, &caps);
    gst_video_info_from_caps(&video_, caps);
  }
}

double FrameTap::stream_seconds(GstClockTime pts) const {
  const GstClockTime time = gst_segment_to_stream_time(&segment_, GST_FORMAT_TIME, pts);
  return seconds(GST_CLOCK_TIME_IS_VALID(time) ? time : pts);
}

GstPadProbeReturn FrameTap::on_result(GstPad*, GstPadProbeInfo* info, gpointer self) {
  auto* tap = static_cast<FrameTap*>(self);
  if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM) {
    tap->note_event(GST_PAD_PROBE_INFO_EVENT(info));
    return GST_PAD_PROBE_OK;
  }
  GstBuffer* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
  FrameResult& result = tap->result_;
  result.frame = tap->frames_out_;
  result.time = tap->stream_seconds(GST_BUFFER_PTS(buffer));
  result.duration = GST_BUFFER_DURATION_IS_VALID(buffer) ? seconds(GST_BUFFER_DURATION(buffer)) : 0;
  result.width = tap->video_.width;
  result.height = tap->video_.height;
  result.classified = read_classification(buffer, result.meta);
  if (!result.classified) result.meta = {};
  result.file.clear();
  tap->consume_(result);
  ++tap->frames_out_;
  const GstClockTime running_time =
      gst_segment_to_running_time(&tap->segment_, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
  if (GST_CLOCK_TIME_IS_VALID(running_time)) tap->end_running_time_ = running_time;
  tap->end_seconds_ = std::max(tap->end_seconds_.load(), result.time + result.duration);
  return GST_PAD_PROBE_OK;
}

}  // namespace cnn::classify
