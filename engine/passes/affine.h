// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/graph/graph.h"

namespace cnn {

/// y = scale[c] x + shift[c] for each channel.
struct Affine {
  std::vector<double> scale, shift;
};

/// What `node` does to `input`, when that is an affine function of each channel with constant coefficients:
/// BatchNormalization (channels at axis 1), or Add, Mul, Sub, Div with a constant. `axis` is that of the channels.
std::optional<Affine> channel_affine(const Graph& graph, const Node& node, ValueId input, size_t axis);

/// A bias [channels] of what does `affine` too; the old one may be null.
Tensor folded_bias(const Tensor* bias, const Affine& affine);

ValueId add_constant(Graph& graph, std::string name, const Tensor& tensor);

/// All that FoldedConstants have to know of it, as a rule's text.
std::string to_rule(const Affine& affine);

}  // namespace cnn
