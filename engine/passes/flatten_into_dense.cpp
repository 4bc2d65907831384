// SPDX-License-Identifier: MIT
#include <algorithm>

#include "engine/ops/gemm.h"
#include "engine/ops/layout.h"
#include "engine/passes/passes.h"

namespace cnn {
namespace {

/// Constant dense weights that read the flattened map as input 0: [k, n], or [n, k] when transposed.
struct DenseWeights {
  bool found = false;
  bool transposed = false;
};

DenseWeights dense_weights(const Graph& graph, const Node& node, ValueId flattened) {
  if (node.inputs.size() < 2 || node.inputs[0] != flattened || node.inputs[1] == flattened) return {};
  const Tensor* weights = graph.constant(node.inputs[1]);
  if (!weights || weights->desc.rank() != 2 || weights->desc.dtype != DataType::Float32) return {};
  if (dynamic_cast<const MatMulOp*>(node.op.get())) return {true, false};
  const auto* gemm = dynamic_cast<const GemmOp*>(node.op.get());
  if (!gemm || gemm->attributes().trans_a) return {};
  return {true, gemm->attributes().trans_b};
}

}  // namespace

Status flatten_into_dense(Graph& graph, FoldedConstants& folded) {
  const std::vector<int> producers = graph.producers();
  const auto readers = graph.consumers();
  for (Node& flatten : graph.nodes) {
    if (!flatten.op->is_view() || flatten.outputs.empty() || graph.constant(flatten.inputs[0])) continue;
    const ValueId plain = flatten.inputs[0], flat = flatten.outputs[0];
    const int producer = producers[static_cast<size_t>(plain)];
    if (producer < 0 || !dynamic_cast<const ReorderOp*>(graph.nodes[static_cast<size_t>(producer)].op.get())) continue;
    const ValueId map = graph.nodes[static_cast<size_t>(producer)].inputs[0];
    const Shape shape = graph.value(map).type.shape, result = graph.value(flat).type.shape;
    if (graph.value(map).layout != Layout::ChannelsLast || result.size() != 2 || result[0] != shape[0] || shape[0] == 0 ||
        graph.is_output(flat))
      continue;
    const auto& users = readers[static_cast<size_t>(flat)];
    auto node_at = [&](int n) -> Node& { return graph.nodes[static_cast<size_t>(n)]; };
    if (!std::all_of(users.begin(), users.end(), [&](int n) { return dense_weights(graph, node_at(n), flat).found; })) continue;
    for (int user : users) {
      Node& dense = node_at(user);
      const bool transposed = dense_weights(graph, dense, flat).transposed;
      const Tensor plain_weights = *graph.constant(dense.inputs[1]);
      const std::string rule = "flatten " + to_string(Shape{transposed, shape[1], result[1]});
      const Tensor weights = folded.get(rule, {plain_weights}, [&] {
        return std::vector{dense_weights_channels_last(plain_weights, transposed, shape)};
      })[0];
      dense.inputs[1] =
          graph.add_value({dense.name + "/weights", {weights.desc.dtype, weights.desc.shape}, Layout::Plain, weights});
    }
    flatten.op = std::make_shared<ViewOp>(result);
    flatten.inputs = {map};
  }
  return {};
}

}  // namespace cnn
