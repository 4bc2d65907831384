// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/base/api.h"
#include "engine/base/result.h"

namespace cnn {

/// How a quantised model was made and how it compares with the float32 model it was made of: JSON under the metadata
/// key "cnn.quantisation".
struct QuantisationFacts {
  std::string method;             ///< of ranges: "mse", "percentile"
  int pictures = 0;               ///< that were calibrated and compared with
  double agreement = 0;           ///< per cent of them whose most probable class is the same
  double speed = 0;               ///< time of the float32 model over its own, one picture on one thread
  std::string float_model;        ///< SHA-256 of the float32 model's file, in hexadecimal
  std::vector<std::string> kept;  ///< names of nodes that were kept in float32 for accuracy
};

constexpr const char* quantisation_key = "cnn.quantisation";

/// Untrusted; the Error names file and key.
CNN_API Result<QuantisationFacts> read_quantisation_facts(const std::map<std::string, std::string>& metadata,
                                                          const std::string& model_path);
std::string to_json(const QuantisationFacts& facts);

}  // namespace cnn
