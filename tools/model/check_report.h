// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/classifier.h"
#include "engine/classifier_facts.h"

namespace cnn::tools {

struct PictureCheck {
  std::string file;
  std::string failure;                              ///< why it could not be classified; "": it was
  std::vector<std::pair<std::string, float>> best;  ///< label and confidence, at most five
};

/// What `cnn-model check` has found out.
struct CheckReport {
  std::string model;
  std::string failure;  ///< why the model cannot be opened; "": it can, and what follows holds
  std::string advice;   ///< what to do about it; may be ""
  ClassifierFacts facts;
  std::string name, precision, precision_reason, no_features;  ///< no_features: why there are none
  std::vector<std::string> labels;
  std::vector<PictureCheck> pictures;

  bool good() const;
};

/// A few lines, each with what it is about in front.
std::string as_text(const CheckReport& report);
/// One JSON object and a line feed.
std::string as_json(const CheckReport& report);

}  // namespace cnn::tools
