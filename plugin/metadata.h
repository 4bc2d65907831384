// SPDX-License-Identifier: MIT
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/vision/crop.h"

namespace cnn {

/// Name of the custom meta and of its GstStructure. It is registered without tags, so every element that copies
/// metadata keeps it. Fields:
///   labels          array of string, most confident first
///   confidences     array of double, 0..1
///   indices         array of int, positions among the model's outputs
///   heads           array of GstStructure, of a model that states several heads: all of them, the first with the classes
///                   above; fields name (string), labels, confidences, indices
///   features        GBytes of float32 in this machine's byte order; absent unless asked for
///   model           string
///   inference-time  guint64, ns that this frame's share of the network took
///   inferred        gboolean, false: carried over from an earlier frame
///   age             guint64, ns from the inferred frame's pts to this one's; 0 when inferred
/// and, where the label is steadied and one is settled:
///   stable-label       string, "unknown" where no class is confident enough
///   stable-index       int, -1 where it is unknown
///   stable-confidence  double, 0..1, smoothed; where it is unknown, of the best class
///   stable-since       guint64, pts of the frame from which the label led
/// and where detectors' objects are classified (`regions`):
///   objects         array of GstStructure, those with a result, in the detectors' order; fields x, y, width, height
///                   (int, pixels), type (string, the detector's label), id (gint64; absent without one),
///                   labels, confidences, indices, heads, features, inferred, age and, with an id that is a tracking id,
///                   stable-label to stable-since as above, of the object
///   frame-width, frame-height   int, pixels of the frame that the rectangles were found in
inline constexpr const char* kClassificationMeta = "cnn-classification";

struct LabelledClass {
  std::string label;
  double confidence;  ///< 0..1
  int index;          ///< position among the model's outputs
};

/// What one of several heads says.
struct LabelledHead {
  std::string name;
  std::vector<LabelledClass> classes;  ///< most confident first
};

struct StableLabel {
  std::string label;
  int index = -1;         ///< position among the model's outputs; -1: unknown
  double confidence = 0;  ///< 0..1, smoothed
  uint64_t since = 0;     ///< pts
};

/// A detector's rectangle and what the network saw in it.
struct ClassifiedObject {
  Box box;                             ///< as the detector said: it may reach beyond the frame
  std::string type;                    ///< the detector's label
  std::optional<int64_t> id;           ///< that tracker or detector gave it
  std::vector<LabelledClass> classes;  ///< most confident first
  std::vector<LabelledHead> heads;     ///< all, of a model that states several
  std::vector<float> features;         ///< empty: none
  bool inferred = true;                ///< false: carried over from an earlier frame
  uint64_t age_ns = 0;
  std::optional<StableLabel> stable;
};

struct ClassificationMeta {
  std::vector<LabelledClass> classes;  ///< most confident first
  std::vector<LabelledHead> heads;     ///< all, of a model that states several
  std::vector<float> features;         ///< empty: none
  std::string model;
  uint64_t inference_time_ns = 0;
  uint64_t age_ns = 0;
  bool inferred = true;
  std::optional<StableLabel> stable;
  std::vector<ClassifiedObject> objects;
  int frame_width = 0, frame_height = 0;  ///< that the objects were found in; 0: nobody looked for any
};

/// Reads what cnnclassify attached; with several classifiers in a row, the first one's. False: `buffer` carries none
/// (`meta` is then untouched). Any thread; `buffer` may be shared.
bool read_classification(GstBuffer* buffer, ClassificationMeta& meta);

/// Adds the custom meta. `buffer` must be writable.
void attach_classification(GstBuffer* buffer, const ClassificationMeta& meta);

/// Adds a GstAnalyticsClsMtd with all classes, one for each head in their order, where the build has
/// gstreamer-analytics-1.0, else nothing. `buffer` must be writable.
void attach_analytics(GstBuffer* buffer, const ClassificationMeta& meta);

/// Sets the fields labels, confidences and indices, for metadata and messages alike.
void set_class_fields(GstStructure* structure, const std::vector<LabelledClass>& classes);

/// Sets the field heads, for metadata and messages alike; nothing when there are none.
void set_head_fields(GstStructure* structure, const std::vector<LabelledHead>& heads);

/// Sets the fields labels, confidences, indices, heads, features, inferred, age and stable-* of an object's result.
void set_result_fields(GstStructure* structure, const ClassifiedObject& object);

/// Sets the fields objects, frame-width and frame-height; nothing when nobody looked for objects.
void set_object_fields(GstStructure* structure, const ClassificationMeta& meta);

}  // namespace cnn
