// SPDX-License-Identifier: MIT
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/vision/crop.h"
#include "plugin/metadata.h"

namespace cnn {

/// A rectangle that a detector attached to a frame, as a GstVideoRegionOfInterestMeta, a GstAnalyticsODMtd, or both.
struct DetectedObject {
  Box box;                      ///< pixels of the frame, as the detector said
  std::string type;             ///< the detector's label; "": none
  std::optional<int64_t> id;    ///< the same object has the same in other frames, if it is `tracked`
  bool tracked = false;         ///< a tracker gave the id; else it may be any number that the detector liked
  std::optional<unsigned> roi;  ///< which of the frame's GstVideoRegionOfInterestMetas
  std::optional<unsigned> od;   ///< id of the GstAnalyticsODMtd in the frame's relation meta
};

/// Everything that detectors attached, in their order; an object that one detector attached in both dialects (same
/// rectangle and label) once.
std::vector<DetectedObject> detected_objects(GstBuffer* frame);

/// Attaches `result` to the rectangles that `object` names, in their dialects. `frame` must be writable and have the
/// metadata that it had when the object was found, in the same order.
void attach_to_object(GstBuffer* frame, const DetectedObject& object, const ClassifiedObject& result,
                      const std::string& model);

// The dialects, one file each.

/// Adds the frame's GstVideoRegionOfInterestMetas. The id is that of the param `object_id`, which trackers of DL
/// Streamer set, else the meta's own if it is above 0; that counts as no tracker's.
void find_roi_objects(GstBuffer* frame, std::vector<DetectedObject>& objects);
/// Adds a param, a GstStructure `classification`.
void attach_to_roi(GstBuffer* frame, unsigned roi, const ClassifiedObject& result, const std::string& model);

/// Adds the frame's GstAnalyticsODMtds, or what they know to an object that is there already. The id is that of the
/// GstAnalyticsTrackingMtd that is related to it.
void find_analytics_objects(GstBuffer* frame, std::vector<DetectedObject>& objects);
/// Adds a GstAnalyticsClsMtd and relates it: the object contains it, it is part of the object.
void attach_to_od(GstBuffer* frame, unsigned od, const ClassifiedObject& result);

}  // namespace cnn
