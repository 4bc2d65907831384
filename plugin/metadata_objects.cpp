// SPDX-License-Identifier: MIT
#include "plugin/metadata_fields.h"

namespace cnn {
namespace {

GstStructure* structure_of(const ClassifiedObject& object) {
  const Box& box = object.box;
  GstStructure* structure =
      gst_structure_new("object", "x", G_TYPE_INT, box.x, "y", G_TYPE_INT, box.y, "width", G_TYPE_INT, box.width,
                        "height", G_TYPE_INT, box.height, "type", G_TYPE_STRING, object.type.c_str(), nullptr);
  if (object.id) gst_structure_set(structure, "id", G_TYPE_INT64, gint64{*object.id}, nullptr);
  set_result_fields(structure, object);
  return structure;
}

ClassifiedObject object_of(const GstStructure* structure) {
  ClassifiedObject object;
  gst_structure_get_int(structure, "x", &object.box.x);
  gst_structure_get_int(structure, "y", &object.box.y);
  gst_structure_get_int(structure, "width", &object.box.width);
  gst_structure_get_int(structure, "height", &object.box.height);
  const char* type = gst_structure_get_string(structure, "type");
  object.type = type ? type : "";
  gint64 id = 0;
  if (gst_structure_get_int64(structure, "id", &id)) object.id = id;
  object.classes = classes_of(structure);
  object.heads = heads_of(structure);
  object.features = features_of(structure);
  gboolean inferred = TRUE;
  gst_structure_get_boolean(structure, "inferred", &inferred);
  object.inferred = inferred;
  guint64 age = 0;
  gst_structure_get_uint64(structure, "age", &age);
  object.age_ns = age;
  object.stable = stable_of(structure);
  return object;
}

}  // namespace

void set_result_fields(GstStructure* structure, const ClassifiedObject& object) {
  set_class_fields(structure, object.classes);
  set_head_fields(structure, object.heads);
  set_features(structure, object.features);
  gst_structure_set(structure, "inferred", G_TYPE_BOOLEAN, gboolean{object.inferred}, "age", G_TYPE_UINT64,
                    guint64{object.age_ns}, nullptr);
  set_stable_fields(structure, object.stable);
}

void set_object_fields(GstStructure* structure, const ClassificationMeta& meta) {
  if (meta.frame_width <= 0) return;
  GValue array = G_VALUE_INIT;
  gst_value_array_init(&array, static_cast<guint>(meta.objects.size()));
  for (const ClassifiedObject& object : meta.objects) {
    GValue element = G_VALUE_INIT;
    g_value_init(&element, GST_TYPE_STRUCTURE);
    g_value_take_boxed(&element, structure_of(object));
    gst_value_array_append_and_take_value(&array, &element);
  }
  gst_structure_take_value(structure, "objects", &array);
  gst_structure_set(structure, "frame-width", G_TYPE_INT, meta.frame_width, "frame-height", G_TYPE_INT,
                    meta.frame_height, nullptr);
}

void read_object_fields(const GstStructure* structure, ClassificationMeta& meta) {
  meta.objects.clear();
  meta.frame_width = meta.frame_height = 0;
  gst_structure_get_int(structure, "frame-width", &meta.frame_width);
  gst_structure_get_int(structure, "frame-height", &meta.frame_height);
  const GValue* objects = array_field(structure, "objects");
  for (guint i = 0; objects && i < gst_value_array_get_size(objects); ++i) {
    const GValue* object = gst_value_array_get_value(objects, i);
    if (GST_VALUE_HOLDS_STRUCTURE(object) && gst_value_get_structure(object))
      meta.objects.push_back(object_of(gst_value_get_structure(object)));
  }
}

}  // namespace cnn
