// SPDX-License-Identifier: MIT
#include <algorithm>

#include "engine/ops/gemm.h"
#include "engine/ops/layout.h"
#include "engine/passes/dense_weights.h"
#include "engine/passes/passes.h"

namespace cnn {
namespace {

/// Whether `node` multiplies `flattened` with constant Float32 weights that have a row for each of its elements.
bool is_dense(const Graph& graph, const Node& node, ValueId flattened) {
  if (!has_dense_weights(graph, node) || node.inputs[0] != flattened) return false;
  if (dynamic_cast<const MatMulOp*>(node.op.get())) return true;
  const auto* gemm = dynamic_cast<const GemmOp*>(node.op.get());
  return gemm && !gemm->attributes().trans_a;
}

std::shared_ptr<const Op> with_map(const Op& op, int64_t pixels) {
  if (const auto* gemm = dynamic_cast<const GemmOp*>(&op)) return gemm->with_map(pixels);
  return dynamic_cast<const MatMulOp&>(op).with_map(pixels);
}

}  // namespace

Status flatten_into_dense(Graph& graph) {
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
    if (!std::all_of(users.begin(), users.end(), [&](int n) { return is_dense(graph, node_at(n), flat); })) continue;
    for (int user : users) {
      Node& dense = node_at(user);
      dense.op = with_map(*dense.op, std::max<int64_t>(1, result[1] / std::max<int64_t>(1, shape[1])));
    }
    flatten.op = std::make_shared<ViewOp>(result);
    flatten.inputs = {map};
  }
  return {};
}

}  // namespace cnn
