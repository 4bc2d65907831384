// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/show/network.h"
#include "tools/show/scores.h"

namespace cnn::tools {

/// How much each place of a picture spoke for one class.
struct ActivationMap {
  int height = 0, width = 0;
  std::vector<float> values;  ///< [height, width] over the whole input of the network; negative: spoke against
  double score = 0;           ///< of the class, with the whole picture
  std::string method;         ///< for humans
};

/// The end of a network that averages maps over all pixels and then only multiplies and adds what is constant.
struct LinearHead {
  ValueId maps = no_value, pooled = no_value;
};
/// By the operators between `scores` and the pooling. Whether the pooling averages all pixels shows only in numbers:
/// class_activation() looks.
std::optional<LinearHead> find_linear_head(const Graph& graph, ValueId scores);

/// The map of Zhou, Khosla, Lapedriza, Oliva, Torralba, "Learning Deep Features for Discriminative Localization", CVPR
/// 2016, section 2: M(y, x) = sum over channels k of w[class, k] maps[k, y, x], so that score = bias + mean of M. It is
/// computed by running the head on the channels of each pixel instead of on their average. The Error says why the
/// network has none: no linear head, or one whose sum is not the score.
Result<ActivationMap> class_activation(const Network& network, const Frame& frame, const Scores& scores, size_t index);

/// Of any network: by how much the score sinks when a square of the picture's average colour covers that place,
/// averaged over the squares that do (Zeiler, Fergus, "Visualizing and Understanding Convolutional Networks", ECCV
/// 2014, section 4.2). Scores that are probabilities count by their logarithm.
Result<ActivationMap> occlusion(const Network& network, const Frame& frame, const Scores& scores, size_t index);

}  // namespace cnn::tools
