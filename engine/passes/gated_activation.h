// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "engine/graph/graph.h"
#include "engine/ops/activation.h"

namespace cnn {

/// x * gate(x) as a function of x: x * sigmoid(x) is Swish (Ramachandran et al. 2017, 1710.05941), x * hardsigmoid(x)
/// HardSwish with slope 1/6 (Howard et al. 2019, 1905.02244, section 5.2).
std::optional<Activation> gated(const Activation& gate);

/// A Mul of a value with a gate of the same value.
struct GatedActivation {
  Activation activation;
  ValueId x;
  int gate;  ///< index of the gate's node
};
/// What `product` is, if it is that. `producers`: graph.producers().
std::optional<GatedActivation> gated_activation(const Graph& graph, const Node& product,
                                                const std::vector<int>& producers);

}  // namespace cnn
