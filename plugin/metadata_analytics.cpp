// SPDX-License-Identifier: MIT
#include <gst/analytics/analytics.h>

#include "plugin/metadata.h"

namespace cnn {

void attach_analytics(GstBuffer* buffer, const ClassificationMeta& meta) {
  if (meta.classes.empty()) return;
  std::vector<gfloat> levels;
  std::vector<GQuark> quarks;
  for (const auto& c : meta.classes) {
    levels.push_back(static_cast<gfloat>(c.confidence));
    quarks.push_back(g_quark_from_string(c.label.c_str()));
  }
  GstAnalyticsRelationMeta* relations = gst_buffer_add_analytics_relation_meta(buffer);
  GstAnalyticsClsMtd classes;
  gst_analytics_relation_meta_add_cls_mtd(relations, levels.size(), levels.data(), quarks.data(), &classes);
}

}  // namespace cnn
