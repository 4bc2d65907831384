// SPDX-License-Identifier: MIT
#include "plugin/messages.h"

namespace cnn {

GstStructure* time_structure(const FrameTimes& times) {
  return gst_structure_new("cnnclassify", "timestamp", G_TYPE_UINT64, times.timestamp, "stream-time", G_TYPE_UINT64,
                           times.stream_time, "running-time", G_TYPE_UINT64, times.running_time, "duration",
                           G_TYPE_UINT64, times.duration, nullptr);
}

GstMessage* classification_message(GstElement* source, const FrameTimes& times, const ClassificationMeta& meta) {
  GstStructure* structure = time_structure(times);
  set_class_fields(structure, meta.classes);
  set_head_fields(structure, meta.heads);
  set_object_fields(structure, meta);
  return gst_message_new_element(GST_OBJECT(source), structure);
}

GstMessage* model_changed_message(GstElement* source, const ModelChange& change) {
  GstStructure* structure = gst_structure_new(
      "cnnclassify-model-changed", "old-model", G_TYPE_STRING, change.old_model.c_str(), "new-model", G_TYPE_STRING,
      change.new_model.c_str(), "old-model-file", G_TYPE_STRING, change.old_model_file.c_str(), "new-model-file",
      G_TYPE_STRING, change.new_model_file.c_str(), "timestamp", G_TYPE_UINT64, change.first.timestamp, "stream-time",
      G_TYPE_UINT64, change.first.stream_time, "running-time", G_TYPE_UINT64, change.first.running_time, "load-time",
      G_TYPE_UINT64, guint64{change.load_ns}, "shadow-frames", G_TYPE_UINT64, guint64{change.shadow_frames}, nullptr);
  if (change.shadow_frames > 0) gst_structure_set(structure, "agreement", G_TYPE_DOUBLE, change.agreement, nullptr);
  return gst_message_new_element(GST_OBJECT(source), structure);
}

GstMessage* qos_message(GstElement* source, bool live, const FrameTimes& times, uint64_t inferred, uint64_t skipped) {
  GstMessage* message = gst_message_new_qos(GST_OBJECT(source), live, times.running_time, times.stream_time,
                                            times.timestamp, times.duration);
  gst_message_set_qos_stats(message, GST_FORMAT_BUFFERS, inferred, skipped);
  return message;
}

}  // namespace cnn
