// SPDX-License-Identifier: MIT
#include "engine/passes/gated_activation.h"

#include <cmath>

#include "engine/ops/arithmetic.h"

namespace cnn {

std::optional<Activation> gated(const Activation& gate) {
  if (gate.kind == ActivationKind::Sigmoid) return Activation{ActivationKind::Swish};
  if (gate.kind == ActivationKind::HardSigmoid && std::abs(gate.alpha - 1.0f / 6) < 1e-6f && gate.beta == 0.5f)
    return Activation{ActivationKind::HardSwish};
  return {};
}

std::optional<GatedActivation> gated_activation(const Graph& graph, const Node& product,
                                                const std::vector<int>& producers) {
  const auto* op = dynamic_cast<const ArithmeticOp*>(product.op.get());
  if (!op || op->kind() != ArithmeticKind::Mul || product.inputs.size() != 2) return {};
  for (size_t i = 0; i < 2; ++i) {
    const int gate = producers[static_cast<size_t>(product.inputs[i])];
    if (gate < 0) continue;
    const Node& node = graph.nodes[static_cast<size_t>(gate)];
    if (node.inputs.empty() || node.inputs[0] != product.inputs[1 - i]) continue;
    const auto function = fusable_activation(graph, node);
    const auto whole = function ? gated(*function) : std::nullopt;
    if (whole) return GatedActivation{*whole, product.inputs[1 - i], gate};
  }
  return {};
}

}  // namespace cnn
