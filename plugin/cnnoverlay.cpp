// SPDX-License-Identifier: MIT
#include <gst/video/gstvideofilter.h>

#include "plugin/elements.h"
#include "plugin/error.h"
#include "plugin/frame.h"
#include "plugin/overlay.h"

namespace {

/// `settings` is guarded by the object lock; `overlay` belongs to the streaming thread.
struct Members {
  cnn::OverlaySettings settings;
  cnn::Overlay overlay;
};

}  // namespace

struct CnnOverlay {
  GstVideoFilter parent;
  Members* members;
};
struct CnnOverlayClass {
  GstVideoFilterClass parent_class;
};

G_DEFINE_TYPE(CnnOverlay, cnn_overlay, GST_TYPE_VIDEO_FILTER)
GST_ELEMENT_REGISTER_DEFINE(cnnoverlay, "cnnoverlay", GST_RANK_NONE, cnn_overlay_get_type())

namespace {

Members& members_of(gpointer object) { return *static_cast<CnnOverlay*>(object)->members; }

cnn::OverlaySettings settings_of(gpointer object) {
  GST_OBJECT_LOCK(object);
  cnn::OverlaySettings settings = members_of(object).settings;
  GST_OBJECT_UNLOCK(object);
  return settings;
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
  const auto& table = cnn::overlay_properties();
  if (id < 1 || id > table.size()) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    return;
  }
  cnn::OverlaySettings changed = settings_of(object);
  table[id - 1].set(changed, value);
  GST_OBJECT_LOCK(object);
  members_of(object).settings = std::move(changed);
  GST_OBJECT_UNLOCK(object);
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
  const auto& table = cnn::overlay_properties();
  if (id < 1 || id > table.size()) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    return;
  }
  table[id - 1].get(settings_of(object), value);
}

GstFlowReturn transform_frame(GstVideoFilter* filter, GstVideoFrame* frame) {
  return cnn::guard(GST_ELEMENT(filter), GST_FLOW_ERROR, [&] {
    cnn::ClassificationMeta meta;
    if (!cnn::read_classification(frame->buffer, meta)) return GST_FLOW_OK;
    if (const cnn::Status fits = cnn::check_planes(*frame); !fits) {
      cnn::post_error(GST_ELEMENT(filter), fits.error());
      return GST_FLOW_ERROR;
    }
    members_of(filter).overlay.draw(*frame, meta, settings_of(filter));
    return GST_FLOW_OK;
  });
}

void finalize(GObject* object) {
  delete static_cast<CnnOverlay*>(static_cast<gpointer>(object))->members;
  G_OBJECT_CLASS(cnn_overlay_parent_class)->finalize(object);
}

}  // namespace

static void cnn_overlay_init(CnnOverlay* self) { self->members = new Members; }

static void cnn_overlay_class_init(CnnOverlayClass* type) {
  auto* object_class = G_OBJECT_CLASS(type);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  cnn::install_properties(object_class, cnn::overlay_properties());
  GST_VIDEO_FILTER_CLASS(type)->transform_frame_ip = transform_frame;

  auto* element_class = GST_ELEMENT_CLASS(type);
  GstCaps* caps = gst_caps_from_string(cnn::frame_caps().c_str());
  gst_element_class_add_pad_template(element_class, gst_pad_template_new("sink", GST_PAD_SINK, GST_PAD_ALWAYS, caps));
  gst_element_class_add_pad_template(element_class, gst_pad_template_new("src", GST_PAD_SRC, GST_PAD_ALWAYS, caps));
  gst_caps_unref(caps);
  gst_element_class_set_static_metadata(element_class, "CNN label overlay", "Filter/Effect/Video",
                                        "Draws the classes that cnnclassify attached to a frame, with confidence bars",
                                        "gst-cnn");
}
