// SPDX-License-Identifier: MIT
#include "plugin/settings_table.h"

namespace cnn {
namespace {

constexpr uint64_t kHourNs = 3600000000000;

}  // namespace

template <>
GType enum_type<Precision>() {
  static const GEnumValue values[] = {
      {static_cast<int>(Precision::Fp32), "32-bit floating point", "fp32"},
      {static_cast<int>(Precision::Bf16), "bfloat16, where the CPU has instructions for it", "bf16"},
      {static_cast<int>(Precision::Int8), "The model's quantised form", "int8"},
      {static_cast<int>(Precision::Auto), "The fastest that the model says keeps its accuracy", "auto"},
      {static_cast<int>(Precision::Fp16), "IEEE half floats, on a GPU", "fp16"},
      {static_cast<int>(Precision::Tf32), "TensorFloat-32 products of 32-bit floats, on a GPU", "tf32"},
      {0, nullptr, nullptr}};
  static const GType type = register_enum("CnnPrecision", values);
  return type;
}

template <>
GType enum_type<LivePolicy>() {
  static const GEnumValue values[] = {
      {static_cast<int>(LivePolicy::Auto), "all for files, latest for live sources", "auto"},
      {static_cast<int>(LivePolicy::All), "Infer every frame", "all"},
      {static_cast<int>(LivePolicy::Latest), "Infer the newest frame when the engine is free", "latest"},
      {static_cast<int>(LivePolicy::Deadline), "Infer every frame that will not be late for it", "deadline"},
      {0, nullptr, nullptr}};
  static const GType type = register_enum("CnnClassifyLivePolicy", values);
  return type;
}

template <>
GType enum_type<VideoDelay>() {
  static const GEnumValue values[] = {
      {static_cast<int>(VideoDelay::None), "Frames wait for nothing and carry the newest result", "none"},
      {static_cast<int>(VideoDelay::Result), "Frames wait for their own result", "result"},
      {0, nullptr, nullptr}};
  static const GType type = register_enum("CnnClassifyVideoDelay", values);
  return type;
}

/// Two more nicks, so that this enumeration can be set like the booleans of other elements.
template <>
GType enum_type<PostMessages>() {
  static const GEnumValue values[] = {
      {static_cast<int>(PostMessages::None), "No messages", "none"},
      {static_cast<int>(PostMessages::Results), "A message for each inferred frame", "results"},
      {static_cast<int>(PostMessages::Changes), "A message when the stable label changes", "changes"},
      {static_cast<int>(PostMessages::None), "The same as none", "false"},
      {static_cast<int>(PostMessages::Results), "The same as results", "true"},
      {0, nullptr, nullptr}};
  static const GType type = register_enum("CnnClassifyPostMessages", values);
  return type;
}

template <>
GType enum_type<Regions>() {
  static const GEnumValue values[] = {
      {static_cast<int>(Regions::Frame), "The whole frame", "frame"},
      {static_cast<int>(Regions::Objects), "The rectangles that detectors attached to it", "objects"},
      {static_cast<int>(Regions::Both), "The whole frame and the rectangles", "both"},
      {0, nullptr, nullptr}};
  static const GType type = register_enum("CnnClassifyRegions", values);
  return type;
}

const PropertyTable<Settings>& properties() {
  static const PropertyTable<Settings> table = {
      property<Settings>("model-file", "ONNX model to classify with; unset: the default model", &Settings::model_file,
                         kMutablePlaying),
      property<Settings>("labels-file",
                         "One label a line (UTF-8), in the order of the model's classes; unset: the model's own",
                         &Settings::labels_file, kMutablePlaying),
      property<Settings>("input-size", "WIDTHxHEIGHT of models that leave their input's size open; unset: the model's own",
                         &Settings::input_size, kMutableReady),
      property<Settings>("device", "Where to compute: auto, cpu, cuda or cuda:N", &Settings::device, kMutableReady),
      property<Settings>("precision", "What to compute with", &Settings::precision, kMutableReady),
      property<Settings>("threads", "Threads that compute; 0: one per core", &Settings::threads, kMutableReady, 0,
                         1024),
      property<Settings>("batch-size", "Frames computed together at most; 0: adapts to the load", &Settings::batch_size,
                         kMutableReady, 0, 256),
      property<Settings>("features",
                         "Feature vector to attach: none, auto (what enters the last dense layer) or a tensor's name",
                         &Settings::features, kMutableReady),
      property<Settings>("normalise-features", "Scale the feature vector to the L2 norm 1",
                         &Settings::normalise_features, kMutableReady),
      property<Settings>("engine-id",
                         "Elements with the same id share one engine, others do not; unset: all that want the same do",
                         &Settings::engine_id, kMutableReady),
      property<Settings>("priority", "Share of a shared engine, in proportion to the others'", &Settings::priority,
                         kMutableReady, 1, 100),
      property<Settings>("live-policy", "Which frames are inferred when the engine is slower than the video",
                         &Settings::live_policy, kMutableReady),
      property<Settings>("video-delay", "What a frame waits for before it leaves", &Settings::video_delay,
                         kMutableReady),
      property<Settings>("top-k", "Classes attached to a frame at most", &Tuning::top_k, kMutablePlaying, 1, 100),
      property<Settings>("threshold", "Confidence below which a class is left out", &Tuning::threshold, kMutablePlaying,
                         0, 1),
      property<Settings>("inference-interval",
                         "Infer each n-th frame; the others carry the last result, marked by its age",
                         &Tuning::inference_interval, kMutablePlaying, 1, G_MAXUINT),
      property<Settings>("post-messages", "Which element messages are posted", &Tuning::post_messages, kMutablePlaying),
      property<Settings>("smoothing",
                         "Time constant (ns) of the average over time of each class's probability; 0: none",
                         &Steadying::smoothing_ns, kMutablePlaying, 0, kHourNs),
      property<Settings>("hysteresis", "How much more confident a class must be than the stable one to replace it",
                         &Steadying::hysteresis, kMutablePlaying, 0, 1),
      property<Settings>("min-duration", "Time (ns) that a class must lead until it becomes the stable one",
                         &Steadying::min_duration_ns, kMutablePlaying, 0, kHourNs),
      property<Settings>("unknown-threshold", "Smoothed confidence below which the stable label is unknown; 0: never",
                         &Steadying::unknown_threshold, kMutablePlaying, 0, 1),
      property<Settings>("regions", "What of a frame is classified", &Settings::regions, kMutableReady),
      property<Settings>("object-class", "Detectors' labels to classify, separated by commas; unset: all",
                         &Tuning::object_class, kMutablePlaying),
      property<Settings>("min-size", "Pixels that the shorter side of an object has at least", &Tuning::min_size,
                         kMutablePlaying, 1, 32768),
      property<Settings>("max-objects", "Objects inferred in a frame at most, the largest first", &Tuning::max_objects,
                         kMutablePlaying, 1, 1000),
      property<Settings>("reclassify-interval",
                         "Frames after which an object with a tracking id is inferred again; 0: never",
                         &Tuning::reclassify_interval, kMutablePlaying, 0, G_MAXUINT),
      property<Settings>("shadow-frames", "Frames that a new model computes beside the old one before it takes over",
                         &Tuning::shadow_frames, kMutablePlaying, 0, G_MAXUINT),
      property<Settings>("swap-min-agreement",
                         "Part of the shadow frames with the same first label below which the old model stays",
                         &Tuning::swap_min_agreement, kMutablePlaying, 0, 1),
  };
  return table;
}

}  // namespace cnn
