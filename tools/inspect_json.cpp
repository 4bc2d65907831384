// SPDX-License-Identifier: MIT
#include <nlohmann/json.hpp>

#include "tools/inspect_model.h"

namespace cnn::tools {
namespace {

using Json = nlohmann::ordered_json;

Json tensors(const std::vector<NamedType>& types) {
  Json list = Json::array();
  for (const NamedType& type : types) list.push_back({{"name", type.name}, {"type", type.type}, {"shape", type.shape}});
  return list;
}

Json layer_json(const LayerReport& layer, const ReceptiveField& field) {
  return {{"name", layer.name},
          {"operator", layer.type},
          {"inputs", layer.input_names},
          {"output", layer.output_name},
          {"output_shape", layer.output_shape},
          {"kernel", layer.kernel},
          {"stride", layer.stride},
          {"padding", layer.padding},
          {"dilation", layer.dilation},
          {"parameters", layer.parameters},
          {"macs", layer.macs},
          {"activation_bytes", layer.activation_bytes},
          {"constant_bytes", layer.constant_bytes},
          {"receptive_field", field.whole ? Json("whole") : Json(field.size)},
          {"receptive_field_stride", field.whole ? Json("whole") : Json(field.stride)},
          {"algorithm", layer.algorithm}};
}

/// Metadata of the model may be any bytes.
std::string dumped(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace); }

}  // namespace

std::string as_json(const Inspection& model) {
  Json layers = Json::array();
  for (size_t i = 0; i < model.layers.size(); ++i) layers.push_back(layer_json(model.layers[i], model.fields[i]));
  const Json json = {{"model", model.path},
                     {"producer", model.producer},
                     {"ir_version", model.ir_version},
                     {"opset", model.opset},
                     {"device", model.device},
                     {"device_reason", model.device_reason},
                     {"precision", to_string(model.precision.precision)},
                     {"precision_reason", model.precision.reason},
                     {"inputs", tensors(model.inputs)},
                     {"outputs", tensors(model.outputs)},
                     {"labels", model.labels},
                     {"metadata", model.metadata},
                     {"layers", std::move(layers)},
                     {"parameters", model.parameters},
                     {"macs", model.macs},
                     {"arena_bytes", model.arena_bytes}};
  return dumped(json) + "\n";
}

}  // namespace cnn::tools
