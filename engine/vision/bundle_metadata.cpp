// SPDX-License-Identifier: MIT
#include "engine/vision/bundle_metadata.h"

#include <nlohmann/json.hpp>

#include "engine/vision/base64.h"
#include "engine/vision/spectrogram_fields.h"

namespace cnn {
namespace {

using Json = nlohmann::ordered_json;

std::string dumped(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

const char* name_of(ChannelOrder order) {
  switch (order) {
    case ChannelOrder::Rgb:
      return "RGB";
    case ChannelOrder::Bgr:
      return "BGR";
    case ChannelOrder::Gray:
      break;
  }
  return "GRAY";
}

const char* name_of(ResizeMode mode) {
  switch (mode) {
    case ResizeMode::Stretch:
      return "stretch";
    case ResizeMode::CentreCrop:
      return "centre-crop";
    case ResizeMode::Letterbox:
      break;
  }
  return "letterbox";
}

std::string preprocessing_json(const Preprocessing& p) {
  Json json = {{"resize", name_of(p.resize)},
               {"interpolation", p.interpolation == Interpolation::Bicubic ? "bicubic" : "bilinear"},
               {"antialias", p.antialias},
               {"crop", p.crop},
               {"fill", p.fill}};
  if (p.order) json["color"] = name_of(*p.order);
  if (!p.mean.empty()) json["mean"] = p.mean;
  if (!p.scale.empty()) json["scale"] = p.scale;
  if (p.size) json["size"] = {p.size->first, p.size->second};
  return dumped(json);
}

std::string golden_json(const Golden& golden) {
  return dumped({{"width", golden.width},
                 {"height", golden.height},
                 {"float32", golden.float32},
                 {"input", encode_base64(golden.picture)},
                 {"output", golden.output},
                 {"tolerance", golden.tolerance}});
}

}  // namespace

std::map<std::string, std::string> to_metadata(const Bundle& bundle) {
  std::map<std::string, std::string> metadata = {
      {"cnn.bundle", "1"}, {"cnn.name", bundle.name}, {"cnn.preprocessing", preprocessing_json(bundle.preprocessing)}};
  std::string labels;
  for (const std::string& label : bundle.labels) labels += (labels.empty() ? "" : "\n") + label;
  if (!bundle.labels.empty()) metadata["cnn.labels"] = labels;
  if (bundle.spectrogram) metadata["cnn.spectrogram"] = dumped(spectrogram_json(*bundle.spectrogram));
  if (bundle.output) metadata["cnn.output"] = *bundle.output == OutputKind::Logits ? "logits" : "probabilities";
  if (!bundle.output_tensor.empty()) metadata["cnn.output_tensor"] = bundle.output_tensor;
  if (!bundle.features.empty()) metadata["cnn.features"] = bundle.features;
  if (bundle.golden) metadata["cnn.golden"] = golden_json(*bundle.golden);
  return metadata;
}

}  // namespace cnn
