// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "engine/graph/tensor.h"
#include "engine/vision/bundle.h"
#include "engine/vision/preprocess.h"

namespace cnn {

/// What a Classifier has made of a model and what it says about itself.
struct ClassifierFacts {
  std::string file;  ///< that was read: the quantised form, where it was taken
  std::string input;
  InputFormat input_format;
  bool channels_last = false;  ///< the model states [n, h, w, c]
  Preprocessing preprocessing;
  std::string labels_source;  ///< "": the model has no labels
  std::string output;         ///< tensor with one score for each class
  OutputKind kind = OutputKind::Logits;
  std::string features;  ///< tensor; "": not asked for
  int64_t features_length = 0;
  bool golden_holds = false;  ///< the golden picture gave what is stated; false: there is none
};

}  // namespace cnn
