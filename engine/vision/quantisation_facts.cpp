// SPDX-License-Identifier: MIT
#include "engine/vision/quantisation_facts.h"

#include "engine/vision/json_fields.h"

namespace cnn {

Result<QuantisationFacts> read_quantisation_facts(const std::map<std::string, std::string>& metadata,
                                                  const std::string& model_path) {
  const std::string source = model_path + ": metadata " + quantisation_key;
  const auto found = metadata.find(quantisation_key);
  if (found == metadata.end()) return error(ErrorCode::InvalidModel, source, " is missing");
  CNN_TRY(json, JsonFields::parse(found->second, source));
  CNN_TRY(method, json.text("method"));
  CNN_TRY(pictures, json.integer("pictures", 0, 1 << 30));
  CNN_TRY(agreement, json.number("agreement", 0, 100));
  CNN_TRY(speed, json.number("speed", 0, 1e6));
  CNN_TRY(float_model, json.text("float_model"));
  CNN_TRY(kept, json.texts("kept"));
  return QuantisationFacts{std::move(method), pictures, agreement, speed, std::move(float_model), std::move(kept)};
}

std::string to_json(const QuantisationFacts& facts) {
  const nlohmann::ordered_json json = {{"method", facts.method},           {"pictures", facts.pictures},
                                       {"agreement", facts.agreement},     {"speed", facts.speed},
                                       {"float_model", facts.float_model}, {"kept", facts.kept}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace cnn
