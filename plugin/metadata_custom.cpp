// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstring>
#include <mutex>

#include "plugin/metadata.h"
#include "plugin/metadata_fields.h"

namespace cnn {
namespace {

void register_once() {
  static std::once_flag once;
  std::call_once(once, [] {
    // Another copy of this code in the process (a test, a program) may have been first.
    if (gst_meta_get_info(kClassificationMeta)) return;
    const gchar* no_tags[] = {nullptr};
    gst_meta_register_custom(kClassificationMeta, no_tags, nullptr, nullptr, nullptr);
  });
}

template <class Set>
void take_array(GstStructure* structure, const char* name, const std::vector<LabelledClass>& classes, GType type,
                Set set) {
  GValue array = G_VALUE_INIT;
  gst_value_array_init(&array, static_cast<guint>(classes.size()));
  for (const auto& c : classes) {
    GValue element = G_VALUE_INIT;
    g_value_init(&element, type);
    set(&element, c);
    gst_value_array_append_and_take_value(&array, &element);
  }
  gst_structure_take_value(structure, name, &array);
}

}  // namespace

const GValue* array_field(const GstStructure* structure, const char* name) {
  const GValue* value = gst_structure_get_value(structure, name);
  return value && GST_VALUE_HOLDS_ARRAY(value) ? value : nullptr;
}

std::vector<LabelledClass> classes_of(const GstStructure* structure) {
  const GValue* labels = array_field(structure, "labels");
  const GValue* confidences = array_field(structure, "confidences");
  const GValue* indices = array_field(structure, "indices");
  if (!labels || !confidences || !indices) return {};
  const guint count = std::min(
      {gst_value_array_get_size(labels), gst_value_array_get_size(confidences), gst_value_array_get_size(indices)});
  std::vector<LabelledClass> classes;
  for (guint i = 0; i < count; ++i) {
    const GValue* label = gst_value_array_get_value(labels, i);
    const GValue* confidence = gst_value_array_get_value(confidences, i);
    const GValue* index = gst_value_array_get_value(indices, i);
    if (!G_VALUE_HOLDS_STRING(label) || !G_VALUE_HOLDS_DOUBLE(confidence) || !G_VALUE_HOLDS_INT(index)) continue;
    const char* text = g_value_get_string(label);
    classes.push_back({text ? text : "", g_value_get_double(confidence), g_value_get_int(index)});
  }
  return classes;
}

std::vector<float> features_of(const GstStructure* structure) {
  const GValue* value = gst_structure_get_value(structure, "features");
  if (!value || !G_VALUE_HOLDS(value, G_TYPE_BYTES)) return {};
  gsize size = 0;
  const gpointer bytes = const_cast<gpointer>(g_bytes_get_data(static_cast<GBytes*>(g_value_get_boxed(value)), &size));
  std::vector<float> features(size / sizeof(float));
  if (!features.empty()) std::memcpy(features.data(), bytes, features.size() * sizeof(float));
  return features;
}

std::optional<StableLabel> stable_of(const GstStructure* structure) {
  StableLabel stable;
  guint64 since = 0;
  const char* label = gst_structure_get_string(structure, "stable-label");
  if (!label || !gst_structure_get_int(structure, "stable-index", &stable.index) ||
      !gst_structure_get_double(structure, "stable-confidence", &stable.confidence) ||
      !gst_structure_get_uint64(structure, "stable-since", &since))
    return {};
  stable.label = label;
  stable.since = since;
  return stable;
}

void set_stable_fields(GstStructure* structure, const std::optional<StableLabel>& stable) {
  if (!stable) return;
  gst_structure_set(structure, "stable-label", G_TYPE_STRING, stable->label.c_str(), "stable-index", G_TYPE_INT,
                    stable->index, "stable-confidence", G_TYPE_DOUBLE, stable->confidence, "stable-since",
                    G_TYPE_UINT64, static_cast<guint64>(stable->since), nullptr);
}

void set_features(GstStructure* structure, const std::vector<float>& features) {
  if (features.empty()) return;
  GBytes* bytes = g_bytes_new(features.data(), features.size() * sizeof(float));
  gst_structure_set(structure, "features", G_TYPE_BYTES, bytes, nullptr);
  g_bytes_unref(bytes);
}

void set_class_fields(GstStructure* structure, const std::vector<LabelledClass>& classes) {
  take_array(structure, "labels", classes, G_TYPE_STRING,
             [](GValue* value, const LabelledClass& c) { g_value_set_string(value, c.label.c_str()); });
  take_array(structure, "confidences", classes, G_TYPE_DOUBLE,
             [](GValue* value, const LabelledClass& c) { g_value_set_double(value, c.confidence); });
  take_array(structure, "indices", classes, G_TYPE_INT,
             [](GValue* value, const LabelledClass& c) { g_value_set_int(value, c.index); });
}

void set_head_fields(GstStructure* structure, const std::vector<LabelledHead>& heads) {
  if (heads.empty()) return;
  GValue array = G_VALUE_INIT;
  gst_value_array_init(&array, static_cast<guint>(heads.size()));
  for (const LabelledHead& head : heads) {
    GstStructure* fields = gst_structure_new("head", "name", G_TYPE_STRING, head.name.c_str(), nullptr);
    set_class_fields(fields, head.classes);
    GValue element = G_VALUE_INIT;
    g_value_init(&element, GST_TYPE_STRUCTURE);
    g_value_take_boxed(&element, fields);
    gst_value_array_append_and_take_value(&array, &element);
  }
  gst_structure_take_value(structure, "heads", &array);
}

std::vector<LabelledHead> heads_of(const GstStructure* structure) {
  std::vector<LabelledHead> heads;
  const GValue* array = array_field(structure, "heads");
  for (guint i = 0; array && i < gst_value_array_get_size(array); ++i) {
    const GValue* value = gst_value_array_get_value(array, i);
    if (!GST_VALUE_HOLDS_STRUCTURE(value) || !gst_value_get_structure(value)) continue;
    const GstStructure* fields = gst_value_get_structure(value);
    const char* name = gst_structure_get_string(fields, "name");
    heads.push_back({name ? name : "", classes_of(fields)});
  }
  return heads;
}

void attach_classification(GstBuffer* buffer, const ClassificationMeta& meta) {
  register_once();
  GstCustomMeta* custom = gst_buffer_add_custom_meta(buffer, kClassificationMeta);
  if (!custom) return;
  GstStructure* structure = gst_custom_meta_get_structure(custom);
  set_class_fields(structure, meta.classes);
  set_head_fields(structure, meta.heads);
  set_features(structure, meta.features);
  gst_structure_set(structure, "model", G_TYPE_STRING, meta.model.c_str(), "inference-time", G_TYPE_UINT64,
                    static_cast<guint64>(meta.inference_time_ns), "inferred", G_TYPE_BOOLEAN, gboolean{meta.inferred},
                    "age", G_TYPE_UINT64, static_cast<guint64>(meta.age_ns), nullptr);
  set_stable_fields(structure, meta.stable);
  set_object_fields(structure, meta);
}

bool read_classification(GstBuffer* buffer, ClassificationMeta& meta) {
  GstCustomMeta* custom = gst_buffer_get_custom_meta(buffer, kClassificationMeta);
  if (!custom) return false;
  const GstStructure* structure = gst_custom_meta_get_structure(custom);
  meta.classes = classes_of(structure);
  meta.heads = heads_of(structure);
  meta.features = features_of(structure);
  const char* model = gst_structure_get_string(structure, "model");
  meta.model = model ? model : "";
  guint64 inference_time = 0, age = 0;
  gboolean inferred = TRUE;
  gst_structure_get_uint64(structure, "inference-time", &inference_time);
  gst_structure_get_uint64(structure, "age", &age);
  gst_structure_get_boolean(structure, "inferred", &inferred);
  meta.inference_time_ns = inference_time;
  meta.age_ns = age;
  meta.inferred = inferred;
  meta.stable = stable_of(structure);
  read_object_fields(structure, meta);
  return true;
}

}  // namespace cnn
