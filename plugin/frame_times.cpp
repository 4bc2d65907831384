// SPDX-License-Identifier: MIT
#include "plugin/frame_times.h"

namespace cnn {

FrameTimes times_of(GstBuffer* frame, const GstSegment& segment) {
  FrameTimes times;
  times.timestamp = GST_BUFFER_PTS(frame);
  times.duration = GST_BUFFER_DURATION(frame);
  if (segment.format != GST_FORMAT_TIME || !GST_CLOCK_TIME_IS_VALID(times.timestamp)) return times;
  times.stream_time = gst_segment_to_stream_time(&segment, GST_FORMAT_TIME, times.timestamp);
  times.running_time = gst_segment_to_running_time(&segment, GST_FORMAT_TIME, times.timestamp);
  return times;
}

uint64_t elapsed(GstClockTime from, GstClockTime to) {
  return GST_CLOCK_TIME_IS_VALID(from) && GST_CLOCK_TIME_IS_VALID(to) && to > from ? to - from : 0;
}

}  // namespace cnn
