// SPDX-License-Identifier: MIT
#include <gst/base/gstbasetransform.h>
#include <gst/video/video.h>

#include <cstring>
#include <vector>

#include "plugin/elements.h"
#include "plugin/error.h"
#include "plugin/frame.h"
#include "plugin/spectrogram/caps.h"
#include "plugin/spectrogram/colour_map.h"

namespace {

constexpr int kMostSide = 16384;

guint scale_id() { return static_cast<guint>(cnn::view_properties().size() + 1); }

/// `settings` and `scale` are guarded by the object lock; the rest belongs to the streaming thread.
struct Members {
  cnn::ViewSettings settings;
  int scale = 4;
  GstVideoInfo in{}, out{};
  bool band_rows = true;
};

}  // namespace

struct CnnSpectrogramView {
  GstBaseTransform parent;
  Members* members;
};
struct CnnSpectrogramViewClass {
  GstBaseTransformClass parent_class;
};

G_DEFINE_TYPE(CnnSpectrogramView, cnn_spectrogram_view, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE(cnnspectrogramview, "cnnspectrogramview", GST_RANK_NONE, cnn_spectrogram_view_get_type())

namespace {

Members& members_of(gpointer object) { return *static_cast<CnnSpectrogramView*>(object)->members; }

void set_property(GObject* object, guint id, const GValue* value, GParamSpec*) {
  GST_OBJECT_LOCK(object);
  if (id == scale_id())
    members_of(object).scale = g_value_get_int(value);
  else
    cnn::view_properties()[id - 1].set(members_of(object).settings, value);
  GST_OBJECT_UNLOCK(object);
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec*) {
  GST_OBJECT_LOCK(object);
  if (id == scale_id())
    g_value_set_int(value, members_of(object).scale);
  else
    cnn::view_properties()[id - 1].get(members_of(object).settings, value);
  GST_OBJECT_UNLOCK(object);
}

bool has_band_rows(const GstStructure* spectrogram) {
  return g_strcmp0(gst_structure_get_string(spectrogram, "layout"), cnn::kFrameRows) != 0;
}

/// The picture's caps of a spectrogram's; sizes that are open stay so.
GstStructure* picture_of(const GstStructure* spectrogram, int scale) {
  GstStructure* picture = gst_structure_new("video/x-raw", "format", G_TYPE_STRING, "RGB", "width", GST_TYPE_INT_RANGE,
                                            1, G_MAXINT, "height", GST_TYPE_INT_RANGE, 1, G_MAXINT,
                                            "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1, nullptr);
  const bool band_rows = has_band_rows(spectrogram);
  int frames = 0, bands = 0;
  if (gst_structure_get_int(spectrogram, band_rows ? "width" : "height", &frames) &&
      gst_structure_get_int(spectrogram, band_rows ? "height" : "width", &bands))
    gst_structure_set(picture, "width", G_TYPE_INT, frames * scale, "height", G_TYPE_INT, bands * scale, nullptr);
  if (const GValue* rate = gst_structure_get_value(spectrogram, "framerate"))
    gst_structure_set_value(picture, "framerate", rate);
  return picture;
}

GstCaps* transform_caps(GstBaseTransform* element, GstPadDirection direction, GstCaps* caps, GstCaps* filter) {
  GST_OBJECT_LOCK(element);
  const int scale = members_of(element).scale;
  GST_OBJECT_UNLOCK(element);
  GstCaps* result;
  if (direction == GST_PAD_SINK) {
    result = gst_caps_new_empty();
    for (guint i = 0; i < gst_caps_get_size(caps); ++i)
      result = gst_caps_merge_structure(result, picture_of(gst_caps_get_structure(caps, i), scale));
  } else {
    result = gst_pad_get_pad_template_caps(GST_BASE_TRANSFORM_SINK_PAD(element));
  }
  if (!filter) return result;
  GstCaps* both = gst_caps_intersect_full(filter, result, GST_CAPS_INTERSECT_FIRST);
  gst_caps_unref(result);
  return both;
}

gboolean get_unit_size(GstBaseTransform*, GstCaps* caps, gsize* size) {
  GstVideoInfo info;
  if (!cnn::read_frame_caps(caps, info)) return FALSE;
  const bool picture = GST_VIDEO_INFO_FORMAT(&info) != GST_VIDEO_FORMAT_ENCODED;
  *size = picture ? info.size : sizeof(float) * static_cast<gsize>(info.width) * static_cast<gsize>(info.height);
  return TRUE;
}

gboolean set_caps(GstBaseTransform* element, GstCaps* in, GstCaps* out) {
  Members& members = members_of(element);
  if (!cnn::read_frame_caps(in, members.in) || !gst_video_info_from_caps(&members.out, out)) return FALSE;
  members.band_rows = has_band_rows(gst_caps_get_structure(in, 0));
  if (members.out.width <= kMostSide && members.out.height <= kMostSide) return TRUE;
  cnn::post_error(GST_ELEMENT(element),
                  cnn::error(cnn::ErrorCode::InvalidArgument, "the picture of the spectrogram has ", members.out.width,
                             "x", members.out.height, " pixels, more than ", kMostSide, " each way"));
  return FALSE;
}

GstFlowReturn transform(GstBaseTransform* element, GstBuffer* in, GstBuffer* out) {
  return cnn::guard(GST_ELEMENT(element), GST_FLOW_ERROR, [&] {
    Members& members = members_of(element);
    cnn::MappedFrame spectrogram;
    if (const cnn::Status mapped = spectrogram.map(members.in, in); !mapped) {
      cnn::post_error(GST_ELEMENT(element), mapped.error());
      return GST_FLOW_ERROR;
    }
    GstVideoFrame picture;
    if (!gst_video_frame_map(&picture, &members.out, out, GST_MAP_WRITE)) return GST_FLOW_ERROR;
    GST_OBJECT_LOCK(element);
    const cnn::ViewSettings settings = members.settings;
    GST_OBJECT_UNLOCK(element);
    const cnn::ImageView& view = spectrogram.view();
    const int bands = members.band_rows ? view.height : view.width,
              frames = members.band_rows ? view.width : view.height;
    const auto count = static_cast<size_t>(bands) * static_cast<size_t>(frames);
    std::vector<float> values(count);  // the memory need not be aligned
    std::memcpy(values.data(), view.planes[0], count * sizeof(float));
    cnn::draw_spectrogram(values, bands, frames, members.band_rows, settings, members.out.width / frames,
                          static_cast<uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&picture, 0)),
                          GST_VIDEO_FRAME_PLANE_STRIDE(&picture, 0));
    gst_video_frame_unmap(&picture);
    return GST_FLOW_OK;
  });
}

void finalize(GObject* object) {
  delete static_cast<CnnSpectrogramView*>(static_cast<gpointer>(object))->members;
  G_OBJECT_CLASS(cnn_spectrogram_view_parent_class)->finalize(object);
}

}  // namespace

static void cnn_spectrogram_view_init(CnnSpectrogramView* self) { self->members = new Members; }

static void cnn_spectrogram_view_class_init(CnnSpectrogramViewClass* type) {
  auto* object_class = G_OBJECT_CLASS(type);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  cnn::install_properties(object_class, cnn::view_properties());
  g_object_class_install_property(object_class, scale_id(),
                                  g_param_spec_int("scale", "scale", "Pixels of the picture for each value, each way",
                                                   1, 64, 4, cnn::kMutableReady));
  auto* transform_class = GST_BASE_TRANSFORM_CLASS(type);
  transform_class->transform_caps = transform_caps;
  transform_class->get_unit_size = get_unit_size;
  transform_class->set_caps = set_caps;
  transform_class->transform = transform;

  auto* element_class = GST_ELEMENT_CLASS(type);
  GstCaps* spectrograms = gst_caps_from_string(cnn::spectrogram_caps().c_str());
  GstCaps* pictures = gst_caps_from_string("video/x-raw, format=(string)RGB");
  gst_element_class_add_pad_template(element_class,
                                     gst_pad_template_new("sink", GST_PAD_SINK, GST_PAD_ALWAYS, spectrograms));
  gst_element_class_add_pad_template(element_class, gst_pad_template_new("src", GST_PAD_SRC, GST_PAD_ALWAYS, pictures));
  gst_caps_unref(spectrograms);
  gst_caps_unref(pictures);
  gst_element_class_set_static_metadata(element_class, "CNN spectrogram view", "Filter/Converter/Video",
                                        "Draws the spectrograms that cnnspectrogram makes", "gst-cnn");
}
