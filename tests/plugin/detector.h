// SPDX-License-Identifier: MIT
#pragma once

#include <gst/video/video.h>

#include <string>
#include <vector>

#include "plugin/metadata.h"

namespace cnn::test {

/// A rectangle that a detector would find. id 0: it has none.
struct Found {
  std::string type;
  int x = 0, y = 0, width = 0, height = 0;
  int id = 0;
  bool tracked = false;  ///< the id is in a tracker's param as well
};

/// Attaches GstVideoRegionOfInterestMetas, as a detector does.
inline GstBuffer* detected(GstBuffer* frame, const std::vector<Found>& objects) {
  for (const Found& found : objects) {
    GstVideoRegionOfInterestMeta* meta = gst_buffer_add_video_region_of_interest_meta(
        frame, found.type.c_str(), static_cast<guint>(found.x), static_cast<guint>(found.y),
        static_cast<guint>(found.width), static_cast<guint>(found.height));
    meta->id = found.id;
    if (found.tracked)
      gst_video_region_of_interest_meta_add_param(meta,
                                                  gst_structure_new("object_id", "id", G_TYPE_INT, found.id, nullptr));
  }
  return frame;
}

/// "car:red person:green": the labels of detector and network of each object that has a result.
inline std::string told(const ClassificationMeta& meta) {
  std::string text;
  for (const ClassifiedObject& object : meta.objects)
    text += (text.empty() ? "" : " ") + object.type + ":" + (object.classes.empty() ? "" : object.classes[0].label);
  return text;
}

}  // namespace cnn::test
