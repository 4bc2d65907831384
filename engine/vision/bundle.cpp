// SPDX-License-Identifier: MIT
#include "engine/vision/bundle.h"

#include <filesystem>
#include <functional>

#include "engine/vision/base64.h"
#include "engine/vision/heads_json.h"
#include "engine/vision/json_fields.h"
#include "engine/vision/labels.h"
#include "engine/vision/preprocessing_json.h"
#include "engine/vision/spectrogram_fields.h"

namespace cnn {
namespace {

constexpr size_t longest_json = size_t{1} << 25;
constexpr int largest_picture = 4096;

Result<Golden> read_golden(const JsonFields& json) {
  Golden golden;
  CNN_TRY(width, json.integer("width", 1, largest_picture));
  CNN_TRY(height, json.integer("height", 1, largest_picture));
  CNN_TRY(base64, json.text("input"));
  auto picture = decode_base64(base64);
  if (!picture) return json.wrong("input", "base64");
  if (json.has("float32")) {
    CNN_TRY(float32, json.flag("float32"));
    golden.float32 = float32;
  }
  const size_t expected = static_cast<size_t>(width) * static_cast<size_t>(height) * (golden.float32 ? 4 : 3);
  if (picture->size() != expected)
    return json.wrong("input", std::to_string(expected) + " bytes for " + std::to_string(width) + "x" +
                                   std::to_string(height) + (golden.float32 ? " float32 values" : " RGB pixels") + ", not " + std::to_string(picture->size()));
  CNN_TRY(output, json.numbers("output", false));
  golden.width = width;
  golden.height = height;
  golden.picture = *std::move(picture);
  golden.output = std::move(output);
  if (json.has("tolerance")) {
    CNN_TRY(tolerance, json.number("tolerance", 0, 1));
    golden.tolerance = tolerance;
  }
  return golden;
}

/// Heads say what the other keys say of one output, so that both would contradict each other.
Status check_alone(const char* heads, std::initializer_list<const char*> others,
                   const std::function<bool(const char*)>& has, const std::string& source) {
  for (const char* key : others)
    if (has(heads) && has(key))
      return error(ErrorCode::InvalidArgument, source, " states ", heads, " and ", key,
                   ", which belongs into the first of the heads");
  return {};
}

Status read_metadata(const std::map<std::string, std::string>& metadata, const std::string& model_path,
                     Bundle& bundle) {
  auto find = [&](const char* key) {
    const auto found = metadata.find(key);
    return found == metadata.end() ? nullptr : &found->second;
  };
  auto source = [&](const char* key) { return model_path + ": metadata " + key; };
  if (const auto* version = find("cnn.bundle"); version && *version != "1")
    return error(ErrorCode::Unsupported, source("cnn.bundle"), " is ", *version, " but only version 1 is known");
  CNN_CHECK(
      check_alone("cnn.heads", {"cnn.labels", "cnn.output", "cnn.output_tensor"}, find, model_path + ": metadata"));
  if (const auto* text = find("cnn.heads")) {
    CNN_TRY(heads, JsonFields::parse_list(*text, source("cnn.heads")));
    CNN_CHECK(read_heads(heads, nullptr, bundle));
  }
  if (const auto* name = find("cnn.name")) bundle.name = *name;
  if (const auto* tensor = find("cnn.output_tensor")) bundle.output_tensor = *tensor;
  if (const auto* features = find("cnn.features")) bundle.features = *features;
  if (const auto* text = find("cnn.labels")) {
    bundle.labels_source = source("cnn.labels");
    CNN_TRY(labels, parse_labels(*text, bundle.labels_source));
    bundle.labels = std::move(labels);
  }
  if (const auto* text = find("cnn.preprocessing")) {
    CNN_TRY(json, JsonFields::parse(*text, source("cnn.preprocessing")));
    CNN_TRY(preprocessing, read_preprocessing(json));
    bundle.preprocessing = std::move(preprocessing);
  }
  if (const auto* text = find("cnn.spectrogram")) {
    CNN_TRY(json, JsonFields::parse(*text, source("cnn.spectrogram")));
    CNN_TRY(spectrogram, read_spectrogram(json));
    bundle.spectrogram = std::move(spectrogram);
  }
  if (const auto* text = find("cnn.output")) {
    CNN_TRY(kind, parse_output_kind(*text, source("cnn.output")));
    bundle.output = kind;
  }
  if (const auto* text = find("cnn.golden")) {
    CNN_TRY(json, JsonFields::parse(*text, source("cnn.golden")));
    CNN_TRY(golden, read_golden(json));
    bundle.golden = std::move(golden);
  }
  return {};
}

Status read_side_file(const std::filesystem::path& path, Bundle& bundle) {
  CNN_TRY(text, read_small_file(path.string(), longest_json));
  CNN_TRY(json, JsonFields::parse(text, path.string()));
  for (auto [key, target] : {std::pair{"name", &bundle.name}, std::pair{"output_tensor", &bundle.output_tensor},
                             std::pair{"features", &bundle.features}}) {
    if (!json.has(key)) continue;
    CNN_TRY(value, json.text(key));
    *target = std::move(value);
  }
  const std::filesystem::path folder = path.parent_path();
  CNN_CHECK(check_alone(
      "heads", {"labels", "labels_file", "output", "output_tensor"}, [&](const char* key) { return json.has(key); },
      path.string()));
  if (json.has("heads")) {
    CNN_TRY(heads, json.objects("heads"));
    CNN_CHECK(read_heads(heads, &folder, bundle));
  }
  CNN_CHECK(read_json_labels(json, &folder, bundle.labels, bundle.labels_source));
  if (json.has("preprocessing")) {
    CNN_TRY(fields, json.object("preprocessing"));
    CNN_TRY(preprocessing, read_preprocessing(fields));
    bundle.preprocessing = std::move(preprocessing);
  }
  if (json.has("spectrogram")) {
    CNN_TRY(fields, json.object("spectrogram"));
    CNN_TRY(spectrogram, read_spectrogram(fields));
    bundle.spectrogram = std::move(spectrogram);
  }
  if (json.has("output")) {
    CNN_TRY(value, json.text("output"));
    CNN_TRY(kind, parse_output_kind(value, json.named("output")));
    bundle.output = kind;
  }
  if (json.has("golden")) {
    CNN_TRY(fields, json.object("golden"));
    CNN_TRY(golden, read_golden(fields));
    bundle.golden = std::move(golden);
  }
  return {};
}

}  // namespace

Result<Bundle> read_bundle(const std::map<std::string, std::string>& metadata, const std::string& model_path) {
  Bundle bundle;
  const std::filesystem::path model(model_path);
  bundle.name = model.stem().string();
  CNN_CHECK(read_metadata(metadata, model_path, bundle));
  std::filesystem::path side = model;
  side.replace_extension(".json");
  std::error_code absent;
  if (side != model && std::filesystem::exists(side, absent)) CNN_CHECK(read_side_file(side, bundle));
  bundle.preprocessing.spectrogram = bundle.spectrogram.has_value();
  return bundle;
}

}  // namespace cnn
