// SPDX-License-Identifier: MIT
#pragma once

#include <gst/gst.h>

#include <cstdint>

namespace cnn {

/// When a frame is to be seen, GST_CLOCK_TIME_NONE where unknown.
struct FrameTimes {
  GstClockTime timestamp = GST_CLOCK_TIME_NONE;
  GstClockTime stream_time = GST_CLOCK_TIME_NONE;
  GstClockTime running_time = GST_CLOCK_TIME_NONE;
  GstClockTime duration = GST_CLOCK_TIME_NONE;
};
FrameTimes times_of(GstBuffer* frame, const GstSegment& segment);

/// Distance of two time stamps; 0 when one is missing or time went back.
uint64_t elapsed(GstClockTime from, GstClockTime to);

}  // namespace cnn
