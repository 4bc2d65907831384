// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "engine/base/precision.h"

namespace cnn {

/// May change while frames flow; a change applies from the next batch on.
struct Tuning {
  unsigned top_k = 5;
  double threshold = 0;             ///< 0..1; classes below it are left out
  unsigned inference_interval = 1;  ///< each n-th frame is inferred
  bool post_messages = false;
};

/// Fixed from start to stop.
struct Settings : Tuning {
  std::string model_file;   ///< "": the default model
  std::string labels_file;  ///< "": the model's own labels
  std::string device = "auto";
  Precision precision = Precision::Auto;
  unsigned threads = 0;     ///< 0: one per core
  unsigned batch_size = 1;  ///< frames held and computed together at most
  std::string features = "none";  ///< "none", "auto" or the name of a tensor
  bool normalise_features = false;
};

}  // namespace cnn
