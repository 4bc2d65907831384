// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/graph/tensor.h"
#include "engine/vision/bundle.h"
#include "engine/vision/preprocess.h"

namespace cnn {

struct HeadFacts {
  std::string name;    ///< as the bundle calls it; "" where the model is not said to have several
  std::string output;  ///< tensor with one score for each class
  OutputKind kind = OutputKind::Logits;
  int64_t classes = 0;
  std::string labels_source;  ///< "": it has no labels
};

/// Fails unless there is a label for each class; names both numbers, where the labels are from and, among several, the
/// head.
Status check_label_count(size_t labels, const std::string& source, const std::string& file, const HeadFacts& head);

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
  std::vector<HeadFacts> heads;  ///< at least one; the first is what labels_source, output and kind say
  bool golden_holds = false;  ///< the golden picture gave what is stated; false: there is none
};

}  // namespace cnn
