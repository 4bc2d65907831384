// SPDX-License-Identifier: MIT
#include "plugin/metadata_analytics.h"

#include <gst/analytics/analytics.h>

namespace cnn {

std::optional<unsigned> add_classes(GstBuffer* frame, const std::vector<LabelledClass>& classes) {
  if (classes.empty()) return {};
  std::vector<gfloat> levels;
  std::vector<GQuark> quarks;
  for (const auto& c : classes) {
    levels.push_back(static_cast<gfloat>(c.confidence));
    quarks.push_back(g_quark_from_string(c.label.c_str()));
  }
  GstAnalyticsRelationMeta* relations = gst_buffer_add_analytics_relation_meta(frame);
  GstAnalyticsClsMtd mtd;
  if (!gst_analytics_relation_meta_add_cls_mtd(relations, levels.size(), levels.data(), quarks.data(), &mtd)) return {};
  return gst_analytics_mtd_get_id(&mtd);
}

void attach_analytics(GstBuffer* buffer, const ClassificationMeta& meta) {
  add_classes(buffer, meta.classes);
  for (size_t i = 1; i < meta.heads.size(); ++i) add_classes(buffer, meta.heads[i].classes);
}

}  // namespace cnn
