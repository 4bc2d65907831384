// SPDX-License-Identifier: MIT
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <string>
#include <vector>

namespace cnn {

/// Name of the custom meta and of its GstStructure. It is registered without tags, so every element that copies
/// metadata keeps it. Fields:
///   labels          array of string, most confident first
///   confidences     array of double, 0..1
///   indices         array of int, positions among the model's outputs
///   features        GBytes of float32 in this machine's byte order; absent unless asked for
///   model           string
///   inference-time  guint64, ns that this frame's share of the network took
///   inferred        gboolean, false: carried over from an earlier frame
///   age             guint64, ns from the inferred frame's pts to this one's; 0 when inferred
inline constexpr const char* kClassificationMeta = "cnn-classification";

struct LabelledClass {
  std::string label;
  double confidence;  ///< 0..1
  int index;          ///< position among the model's outputs
};

struct ClassificationMeta {
  std::vector<LabelledClass> classes;  ///< most confident first
  std::vector<float> features;         ///< empty: none
  std::string model;
  uint64_t inference_time_ns = 0;
  uint64_t age_ns = 0;
  bool inferred = true;
};

/// Reads what cnnclassify attached; with several classifiers in a row, the first one's. False: `buffer` carries none
/// (`meta` is then untouched). Any thread; `buffer` may be shared.
bool read_classification(GstBuffer* buffer, ClassificationMeta& meta);

/// Adds the custom meta. `buffer` must be writable.
void attach_classification(GstBuffer* buffer, const ClassificationMeta& meta);

/// Adds a GstAnalyticsClsMtd with all classes where the build has gstreamer-analytics-1.0, else nothing. `buffer` must
/// be writable.
void attach_analytics(GstBuffer* buffer, const ClassificationMeta& meta);

/// Sets the fields labels, confidences and indices, for metadata and messages alike.
void set_class_fields(GstStructure* structure, const std::vector<LabelledClass>& classes);

}  // namespace cnn
