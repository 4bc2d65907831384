// SPDX-License-Identifier: MIT
#include "engine/vision/bundle_metadata.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/vision/base64.h"
#include "engine/vision/heads_json.h"
#include "engine/vision/preprocessing_json.h"
#include "engine/vision/spectrogram_fields.h"

namespace cnn {
namespace {

using Json = nlohmann::ordered_json;

std::string dumped(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

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
      {"cnn.bundle", "1"}, {"cnn.name", bundle.name}, {"cnn.preprocessing", to_json(bundle.preprocessing)}};
  std::string labels;
  for (const std::string& label : bundle.labels) labels += (&label == &bundle.labels.front() ? "" : "\n") + label;
  if (!bundle.head.empty()) {
    metadata["cnn.heads"] = heads_json(bundle);
  } else {
    if (!bundle.labels.empty()) metadata["cnn.labels"] = labels;
    if (bundle.output) metadata["cnn.output"] = to_string(*bundle.output);
    if (!bundle.output_tensor.empty()) metadata["cnn.output_tensor"] = bundle.output_tensor;
  }
  if (bundle.spectrogram) metadata["cnn.spectrogram"] = dumped(spectrogram_json(*bundle.spectrogram));
  if (!bundle.features.empty()) metadata["cnn.features"] = bundle.features;
  if (bundle.golden) metadata["cnn.golden"] = golden_json(*bundle.golden);
  return metadata;
}

bool is_bundle_key(std::string_view key) {
  constexpr std::string_view keys[] = {"cnn.bundle",      "cnn.name",   "cnn.preprocessing", "cnn.labels",
                                       "cnn.spectrogram", "cnn.output", "cnn.output_tensor", "cnn.features",
                                       "cnn.golden",      "cnn.heads"};
  return std::find(std::begin(keys), std::end(keys), key) != std::end(keys);
}

}  // namespace cnn
