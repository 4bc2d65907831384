// SPDX-License-Identifier: MIT
#pragma once

#include <gst/gst.h>

#include "plugin/metadata.h"

namespace cnn {

/// When a frame is to be seen, GST_CLOCK_TIME_NONE where unknown.
struct FrameTimes {
  GstClockTime timestamp = GST_CLOCK_TIME_NONE;
  GstClockTime stream_time = GST_CLOCK_TIME_NONE;
  GstClockTime running_time = GST_CLOCK_TIME_NONE;
  GstClockTime duration = GST_CLOCK_TIME_NONE;
};
FrameTimes times_of(GstBuffer* frame, const GstSegment& segment);

/// A structure named `cnnclassify` with `times`: what every element message begins with. The caller owns it.
GstStructure* time_structure(const FrameTimes& times);

/// An element message named `cnnclassify` with the frame's timestamp, stream-time, running-time, duration (guint64 ns,
/// GST_CLOCK_TIME_NONE when unknown) and the fields labels, confidences and indices of the metadata, with objects also
/// objects, frame-width and frame-height. The caller owns it.
GstMessage* classification_message(GstElement* source, const FrameTimes& times, const ClassificationMeta& meta);

/// A QOS message about a frame that went without inference: `inferred` and `skipped` count frames.
GstMessage* qos_message(GstElement* source, bool live, const FrameTimes& times, uint64_t inferred, uint64_t skipped);

}  // namespace cnn
