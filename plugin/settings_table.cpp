// SPDX-License-Identifier: MIT
#include "plugin/settings_table.h"

namespace cnn {
namespace {

GType precision_type() {
  static const GType type = [] {
    static const GEnumValue values[] = {
        {static_cast<int>(Precision::Fp32), "32-bit floating point", "fp32"},
        {static_cast<int>(Precision::Bf16), "bfloat16, where the CPU has instructions for it", "bf16"},
        {static_cast<int>(Precision::Int8), "The model's quantised form", "int8"},
        {static_cast<int>(Precision::Auto), "The fastest that the model says keeps its accuracy", "auto"},
        {0, nullptr, nullptr}};
    const GType made = g_enum_register_static("CnnPrecision", values);
    gst_type_mark_as_plugin_api(made, static_cast<GstPluginAPIFlags>(0));
    return made;
  }();
  return type;
}

}  // namespace

template <>
struct PropertyType<Precision> {
  static GParamSpec* spec(const char* name, const char* blurb, GParamFlags flags, Precision value, Precision, Precision) {
    return g_param_spec_enum(name, name, blurb, precision_type(), static_cast<int>(value), flags);
  }
  static Precision from(const GValue* value) { return static_cast<Precision>(g_value_get_enum(value)); }
  static void to(GValue* value, Precision precision) { g_value_set_enum(value, static_cast<int>(precision)); }
};

const PropertyTable<Settings>& properties() {
  static const PropertyTable<Settings> table = {
      property<Settings>("model-file", "ONNX model to classify with; unset: the default model", &Settings::model_file,
                         kMutableReady),
      property<Settings>("labels-file",
                         "One label a line (UTF-8), in the order of the model's classes; unset: the model's own",
                         &Settings::labels_file, kMutableReady),
      property<Settings>("device", "Where to compute: auto, cpu, cuda or cuda:N", &Settings::device, kMutableReady),
      property<Settings>("precision", "What to compute with", &Settings::precision, kMutableReady),
      property<Settings>("threads", "Threads that compute; 0: one per core", &Settings::threads, kMutableReady, 0,
                         1024),
      property<Settings>("batch-size", "Frames held and computed together at most", &Settings::batch_size,
                         kMutableReady, 1, 256),
      property<Settings>("features",
                         "Feature vector to attach: none, auto (what enters the last dense layer) or a tensor's name",
                         &Settings::features, kMutableReady),
      property<Settings>("normalise-features", "Scale the feature vector to the L2 norm 1",
                         &Settings::normalise_features, kMutableReady),
      property<Settings>("top-k", "Classes attached to a frame at most", &Tuning::top_k, kMutablePlaying, 1, 100),
      property<Settings>("threshold", "Confidence below which a class is left out", &Tuning::threshold, kMutablePlaying,
                         0, 1),
      property<Settings>("inference-interval",
                         "Infer each n-th frame; the others carry the last result, marked by its age",
                         &Tuning::inference_interval, kMutablePlaying, 1, G_MAXUINT),
      property<Settings>("post-messages", "Post an element message for each inferred frame", &Tuning::post_messages,
                         kMutablePlaying),
  };
  return table;
}

}  // namespace cnn
