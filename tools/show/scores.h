// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "tools/show/network.h"

namespace cnn::tools {

/// Where a classifier's scores are before they become probabilities.
struct Scores {
  ValueId tensor = no_value;   ///< what enters the last Softmax; the output itself where none ends the graph
  bool probabilities = false;  ///< they are probabilities nevertheless (Sigmoid, or stated by the bundle)
};

/// The bundle's output tensor, else the first output with one score per class, followed back over Softmax and operators
/// that change no number.
Result<Scores> find_scores(const Network& network);

/// A class by number or label (case apart; "" is nothing); the Error offers near labels.
Result<size_t> find_class(const Network& network, size_t classes, const std::string& wanted);

/// "17" or "car".
std::string class_name(const Network& network, size_t index);

/// Whether the node hands its input 0 on, perhaps in another shape.
bool only_reshapes(const Node& node);

}  // namespace cnn::tools
