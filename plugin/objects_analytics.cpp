// SPDX-License-Identifier: MIT
#include <gst/analytics/analytics.h>

#include <algorithm>

#include "plugin/metadata_analytics.h"
#include "plugin/objects.h"

namespace cnn {
namespace {

std::optional<int64_t> tracking_id(GstAnalyticsRelationMeta* relations, guint od) {
  gpointer state = nullptr;
  GstAnalyticsTrackingMtd tracking;
  if (!gst_analytics_relation_meta_get_direct_related(relations, od, GST_ANALYTICS_REL_TYPE_ANY,
                                                      gst_analytics_tracking_mtd_get_mtd_type(), &state, &tracking))
    return {};
  guint64 id = 0;
  GstClockTime first = 0, last = 0;
  gboolean lost = FALSE;
  if (!gst_analytics_tracking_mtd_get_info(&tracking, &id, &first, &last, &lost)) return {};
  return static_cast<int64_t>(id);
}

void add(DetectedObject object, std::vector<DetectedObject>& objects) {
  const auto same = std::find_if(objects.begin(), objects.end(), [&](const DetectedObject& other) {
    return !other.od && other.box == object.box && other.type == object.type;
  });
  if (same == objects.end()) {
    objects.push_back(std::move(object));
    return;
  }
  same->od = object.od;
  if (!object.tracked) return;
  same->id = object.id;
  same->tracked = true;
}

}  // namespace

void find_analytics_objects(GstBuffer* frame, std::vector<DetectedObject>& objects) {
  GstAnalyticsRelationMeta* relations = gst_buffer_get_analytics_relation_meta(frame);
  if (!relations) return;
  gpointer state = nullptr;
  GstAnalyticsODMtd od;
  while (gst_analytics_relation_meta_iterate(relations, &state, gst_analytics_od_mtd_get_mtd_type(), &od)) {
    DetectedObject object;
    gfloat confidence = 0;
    if (!gst_analytics_od_mtd_get_location(&od, &object.box.x, &object.box.y, &object.box.width, &object.box.height,
                                           &confidence))
      continue;
    const char* type = g_quark_to_string(gst_analytics_od_mtd_get_obj_type(&od));
    object.type = type ? type : "";
    object.od = gst_analytics_mtd_get_id(&od);
    object.id = tracking_id(relations, *object.od);
    object.tracked = object.id.has_value();
    add(std::move(object), objects);
  }
}

namespace {

void attach_classes(GstBuffer* frame, unsigned od, const std::vector<LabelledClass>& list) {
  GstAnalyticsRelationMeta* relations = gst_buffer_get_analytics_relation_meta(frame);
  const std::optional<unsigned> classes = relations ? add_classes(frame, list) : std::nullopt;
  if (!classes) return;
  // One call: each overwrites what the one before said. Overlays look for the first kind, readers of DL Streamer for
  // the second.
  gst_analytics_relation_meta_set_relation(
      relations, static_cast<GstAnalyticsRelTypes>(GST_ANALYTICS_REL_TYPE_RELATE_TO | GST_ANALYTICS_REL_TYPE_CONTAIN),
      od, *classes);
  gst_analytics_relation_meta_set_relation(relations, GST_ANALYTICS_REL_TYPE_IS_PART_OF, *classes, od);
}

}  // namespace

void attach_to_od(GstBuffer* frame, unsigned od, const ClassifiedObject& result) {
  attach_classes(frame, od, result.classes);
  for (size_t i = 1; i < result.heads.size(); ++i) attach_classes(frame, od, result.heads[i].classes);
}

}  // namespace cnn
