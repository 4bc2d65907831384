// SPDX-License-Identifier: MIT
#include "plugin/messages.h"

namespace cnn {

GstMessage* classification_message(GstElement* source, const GstSegment& segment, GstBuffer* buffer,
                                   const ClassificationMeta& meta) {
  const GstClockTime timestamp = GST_BUFFER_PTS(buffer);
  const bool timed = segment.format == GST_FORMAT_TIME && GST_CLOCK_TIME_IS_VALID(timestamp);
  const guint64 stream_time =
      timed ? gst_segment_to_stream_time(&segment, GST_FORMAT_TIME, timestamp) : GST_CLOCK_TIME_NONE;
  const guint64 running_time =
      timed ? gst_segment_to_running_time(&segment, GST_FORMAT_TIME, timestamp) : GST_CLOCK_TIME_NONE;
  GstStructure* structure = gst_structure_new("cnnclassify", "timestamp", G_TYPE_UINT64, timestamp, "stream-time",
                                              G_TYPE_UINT64, stream_time, "running-time", G_TYPE_UINT64, running_time,
                                              "duration", G_TYPE_UINT64, GST_BUFFER_DURATION(buffer), nullptr);
  set_class_fields(structure, meta.classes);
  return gst_message_new_element(GST_OBJECT(source), structure);
}

}  // namespace cnn
