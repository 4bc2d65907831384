// SPDX-License-Identifier: MIT
#pragma once

#include <gst/gst.h>

#include "plugin/metadata.h"

namespace cnn {

/// An element message named `cnnclassify` with the frame's timestamp, stream-time, running-time, duration (guint64 ns,
/// GST_CLOCK_TIME_NONE when unknown) and the fields labels, confidences and indices of the metadata. The caller owns
/// it.
GstMessage* classification_message(GstElement* source, const GstSegment& segment, GstBuffer* buffer,
                                   const ClassificationMeta& meta);

}  // namespace cnn
