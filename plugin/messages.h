// SPDX-License-Identifier: MIT
#pragma once

#include <gst/gst.h>

#include "plugin/frame_times.h"
#include "plugin/metadata.h"

namespace cnn {

/// A structure named `cnnclassify` with `times`: what every element message begins with. The caller owns it.
GstStructure* time_structure(const FrameTimes& times);

/// An element message named `cnnclassify` with the frame's timestamp, stream-time, running-time, duration (guint64 ns,
/// GST_CLOCK_TIME_NONE when unknown) and the fields labels, confidences and indices of the metadata, with objects also
/// objects, frame-width and frame-height. The caller owns it.
GstMessage* classification_message(GstElement* source, const FrameTimes& times, const ClassificationMeta& meta);

/// A stream's change to another model.
struct ModelChange {
  std::string old_model, new_model;            ///< names
  std::string old_model_file, new_model_file;  ///< paths
  FrameTimes first;                            ///< frame by the new model
  uint64_t load_ns = 0;                        ///< from the beginning of the load to the end of the self-test
  unsigned shadow_frames = 0;                  ///< that both models computed before
  double agreement = 0;                        ///< part of them with the same first label, 0..1
};

/// An element message named `cnnclassify-model-changed` with old-model, new-model, old-model-file, new-model-file
/// (string), timestamp, stream-time, running-time and load-time (guint64 ns), shadow-frames (guint64) and, where that
/// is not 0, agreement (double). The caller owns it.
GstMessage* model_changed_message(GstElement* source, const ModelChange& change);

/// A QOS message about a frame that went without inference: `inferred` and `skipped` count frames.
GstMessage* qos_message(GstElement* source, bool live, const FrameTimes& times, uint64_t inferred, uint64_t skipped);

}  // namespace cnn
