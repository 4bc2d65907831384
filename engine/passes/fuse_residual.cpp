// SPDX-License-Identifier: MIT
#include "engine/ops/arithmetic.h"
#include "engine/ops/conv.h"
#include "engine/passes/passes.h"

namespace cnn {
namespace {

/// Whether `value` is the result of a Conv that still can take a residual, read by one node only.
const ConvOp* open_conv(const Graph& graph, int producer, ValueId value, const std::vector<std::vector<int>>& readers) {
  if (producer < 0 || graph.is_output(value) || readers[static_cast<size_t>(value)].size() != 1) return nullptr;
  const auto* conv = dynamic_cast<const ConvOp*>(graph.nodes[static_cast<size_t>(producer)].op.get());
  if (!conv || conv->attributes().activation.kind != ActivationKind::None || conv->attributes().residual) return nullptr;
  return conv;
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
      const ConvOp* conv = open_conv(graph, producer, result, readers);
      if (!conv) continue;
      // The fused node stands where the Add stood: there both operands exist.
      Node& source = graph.nodes[static_cast<size_t>(producer)];
      std::vector<ValueId> inputs = source.inputs;
      inputs.resize(3, no_value);
      inputs.push_back(other);
      Node fused{source.name, conv->with_residual(), std::move(inputs), add.outputs};
      source.outputs.clear();
      add = std::move(fused);
      break;
    }
  }
  return {};
}

}  // namespace cnn
