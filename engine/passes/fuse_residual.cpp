// SPDX-License-Identifier: MIT
#include "engine/ops/arithmetic.h"
#include "engine/ops/conv.h"
#include "engine/ops/gemm.h"
#include "engine/passes/dense_weights.h"
#include "engine/passes/passes.h"

namespace cnn {
namespace {

/// The operator of `node` adding a tensor shaped like its result, input 3, before any activation; null when it cannot or
/// already does.
std::shared_ptr<const Op> with_residual(const Graph& graph, const Node& node) {
  if (const auto* conv = dynamic_cast<const ConvOp*>(node.op.get())) {
    const ConvAttributes& has = conv->attributes();
    return has.activation.kind == ActivationKind::None && !has.residual ? conv->with_residual() : nullptr;
  }
  const auto* product = dynamic_cast<const MatMulOp*>(node.op.get());
  if (!product || product->fused().activation.kind != ActivationKind::None || product->fused().residual) return nullptr;
  const bool dense = has_dense_weights(graph, node) && graph.value(node.inputs[0]).type.shape.size() >= 2;
  return dense ? product->with_residual() : nullptr;
}

}  // namespace

Status fuse_residual(Graph& graph) {
  const std::vector<int> producers = graph.producers();
  const auto readers = graph.consumers();
  for (Node& add : graph.nodes) {
    const auto* op = dynamic_cast<const ArithmeticOp*>(add.op.get());
    if (!op || op->kind() != ArithmeticKind::Add || add.inputs.size() != 2) continue;
    for (size_t i = 0; i < 2; ++i) {
      const ValueId result = add.inputs[i];
      const ValueId other = add.inputs[1 - i];
      if (graph.constant(other) || graph.value(other).type != graph.value(result).type) continue;
      const int producer = producers[static_cast<size_t>(result)];
      if (producer < 0 || graph.is_output(result) || readers[static_cast<size_t>(result)].size() != 1) continue;
      Node& source = graph.nodes[static_cast<size_t>(producer)];
      const auto fused_op = with_residual(graph, source);
      if (!fused_op) continue;
      // The fused node stands where the Add stood: there both operands exist.
      std::vector<ValueId> inputs = source.inputs;
      inputs.resize(3, no_value);
      inputs.push_back(other);
      Node fused{source.name, fused_op, std::move(inputs), add.outputs};
      source.outputs.clear();
      add = std::move(fused);
      break;
    }
  }
  return {};
}

}  // namespace cnn
