// SPDX-License-Identifier: MIT
#include <optional>

#include "engine/ops/activation.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/conv.h"
#include "engine/ops/gemm.h"
#include "engine/ops/norm.h"
#include "engine/passes/gated_activation.h"
#include "engine/passes/passes.h"

namespace cnn {
namespace {

/// The same operator applying `activation` to its result; null when it cannot or already applies one.
std::shared_ptr<const Op> with_activation(const Op& op, const Activation& activation) {
  if (const auto* conv = dynamic_cast<const ConvOp*>(&op))
    return conv->attributes().activation.kind == ActivationKind::None ? conv->with_activation(activation) : nullptr;
  if (const auto* gemm = dynamic_cast<const GemmOp*>(&op))
    return gemm->attributes().activation.kind == ActivationKind::None ? gemm->with_activation(activation) : nullptr;
  if (const auto* product = dynamic_cast<const MatMulOp*>(&op))
    return product->fused().activation.kind == ActivationKind::None ? product->with_activation(activation) : nullptr;
  if (const auto* norm = dynamic_cast<const BatchNormOp*>(&op))
    return !norm->training() && norm->activation().kind == ActivationKind::None ? norm->with_activation(activation) : nullptr;
  return nullptr;
}

bool is_product(const Node& node) {
  const auto* op = dynamic_cast<const ArithmeticOp*>(node.op.get());
  return op && op->kind() == ArithmeticKind::Mul && node.inputs.size() == 2;
}

struct Match {
  Activation activation;
  int last;   ///< node whose output the fused node makes
  int inner;  ///< node that disappears besides, or -1
};

std::optional<Match> match(const Graph& graph, ValueId value, const std::vector<std::vector<int>>& readers) {
  const auto& own = readers[static_cast<size_t>(value)];
  if (graph.is_output(value)) return {};
  auto node_at = [&](int n) -> const Node& { return graph.nodes[static_cast<size_t>(n)]; };
  if (own.size() == 1) {
    const Node& reader = node_at(own[0]);
    auto activation = reader.inputs[0] == value ? fusable_activation(graph, reader) : std::nullopt;
    if (activation) return Match{*activation, own[0], -1};
    return {};
  }
  if (own.size() != 2) return {};
  for (int i = 0; i < 2; ++i) {
    const int gate = own[static_cast<size_t>(i)], product = own[static_cast<size_t>(1 - i)];
    if (!is_product(node_at(product)) || node_at(gate).outputs.size() != 1) continue;
    const ValueId opened = node_at(gate).outputs[0];
    const auto& inputs = node_at(product).inputs;
    if ((inputs[0] != opened && inputs[1] != opened) || inputs[0] == inputs[1]) continue;
    if (readers[static_cast<size_t>(opened)].size() != 1 || graph.is_output(opened)) continue;
    const auto activation = fusable_activation(graph, node_at(gate));
    const auto whole = activation ? gated(*activation) : std::nullopt;
    if (whole) return Match{*whole, product, gate};
  }
  return {};
}

}  // namespace

Status fuse_activation(Graph& graph) {
  const auto readers = graph.consumers();
  for (Node& node : graph.nodes) {
    if (node.outputs.size() != 1 || !with_activation(*node.op, {ActivationKind::Relu})) continue;
    const auto found = match(graph, node.outputs[0], readers);
    if (!found) continue;
    Node& last = graph.nodes[static_cast<size_t>(found->last)];
    node.op = with_activation(*node.op, found->activation);
    node.outputs = last.outputs;
    last.outputs.clear();
    if (found->inner >= 0) graph.nodes[static_cast<size_t>(found->inner)].outputs.clear();
  }
  return {};
}

}  // namespace cnn
