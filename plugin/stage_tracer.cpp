// SPDX-License-Identifier: MIT
#include "plugin/stage_tracer.h"

#include <atomic>

namespace {

// Lives as long as the process, as GStreamer's own: threads may be writing when tracers go.
std::atomic<GstTracerRecord*> active_record{nullptr};

GstTracerRecord* make_record() {
  GstTracerRecord* record =
      gst_tracer_record_new("cnn-stage.class", "element", GST_TYPE_STRUCTURE,
                            gst_structure_new("scope", "type", G_TYPE_GTYPE, G_TYPE_STRING, "related-to",
                                              GST_TYPE_TRACER_VALUE_SCOPE, GST_TRACER_VALUE_SCOPE_ELEMENT, nullptr),
                            "stage", GST_TYPE_STRUCTURE,
                            gst_structure_new("value", "type", G_TYPE_GTYPE, G_TYPE_STRING, "description",
                                              G_TYPE_STRING, "map, preprocess, wait, run or attach", nullptr),
                            "time", GST_TYPE_STRUCTURE,
                            gst_structure_new("value", "type", G_TYPE_GTYPE, G_TYPE_UINT64, "description",
                                              G_TYPE_STRING, "what a frame spent there, in ns", "min", G_TYPE_UINT64,
                                              guint64{0}, "max", G_TYPE_UINT64, G_MAXUINT64, nullptr),
                            nullptr);
  GST_OBJECT_FLAG_SET(record, GST_OBJECT_FLAG_MAY_BE_LEAKED);
  return record;
}

}  // namespace

struct CnnStageTracer {
  GstTracer parent;
};
struct CnnStageTracerClass {
  GstTracerClass parent_class;
};
G_DEFINE_TYPE(CnnStageTracer, cnn_stage_tracer, GST_TYPE_TRACER)

static void cnn_stage_tracer_class_init(CnnStageTracerClass*) {}

static void cnn_stage_tracer_init(CnnStageTracer*) {
  if (!active_record) active_record = make_record();
}

namespace cnn {

gboolean register_stage_tracer(GstPlugin* plugin) {
  return gst_tracer_register(plugin, "cnn", cnn_stage_tracer_get_type());
}

void trace_stage(const char* element, const char* stage, uint64_t ns) {
  if (GstTracerRecord* record = active_record.load(std::memory_order_acquire))
    gst_tracer_record_log(record, element, stage, guint64{ns});
}

}  // namespace cnn
