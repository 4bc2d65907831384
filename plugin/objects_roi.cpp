// SPDX-License-Identifier: MIT
#include <gst/video/gstvideometa.h>

#include "plugin/objects.h"

namespace cnn {
namespace {

/// The frame's metas of regions of interest, one a call, as with gst_buffer_iterate_meta().
GstVideoRegionOfInterestMeta* next_roi(GstBuffer* frame, gpointer* state) {
  return reinterpret_cast<GstVideoRegionOfInterestMeta*>(
      gst_buffer_iterate_meta_filtered(frame, state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE));
}

void identify(GstVideoRegionOfInterestMeta* roi, DetectedObject& object) {
  int id = 0;
  const GstStructure* by_tracker = gst_video_region_of_interest_meta_get_param(roi, "object_id");
  object.tracked = by_tracker && gst_structure_get_int(by_tracker, "id", &id);
  if (object.tracked)
    object.id = id;
  else if (roi->id > 0)
    object.id = roi->id;
}

}  // namespace

void find_roi_objects(GstBuffer* frame, std::vector<DetectedObject>& objects) {
  gpointer state = nullptr;
  unsigned number = 0;
  for (auto* roi = next_roi(frame, &state); roi; roi = next_roi(frame, &state), ++number) {
    DetectedObject object;
    // A detector's negative numbers arrive unsigned.
    object.box = {static_cast<int>(roi->x), static_cast<int>(roi->y), static_cast<int>(roi->w),
                  static_cast<int>(roi->h)};
    const char* type = g_quark_to_string(roi->roi_type);
    object.type = type ? type : "";
    identify(roi, object);
    object.roi = number;
    objects.push_back(std::move(object));
  }
}

void attach_to_roi(GstBuffer* frame, unsigned roi, const ClassifiedObject& result, const std::string& model) {
  gpointer state = nullptr;
  GstVideoRegionOfInterestMeta* meta = next_roi(frame, &state);
  for (; meta && roi > 0; --roi) meta = next_roi(frame, &state);
  if (!meta) return;
  GstStructure* structure = gst_structure_new_empty("classification");
  set_result_fields(structure, result);
  gst_structure_set(structure, "model", G_TYPE_STRING, model.c_str(), nullptr);
  if (!result.classes.empty())
    gst_structure_set(structure, "label", G_TYPE_STRING, result.classes[0].label.c_str(), "confidence", G_TYPE_DOUBLE,
                      result.classes[0].confidence, nullptr);
  gst_video_region_of_interest_meta_add_param(meta, structure);
}

}  // namespace cnn
