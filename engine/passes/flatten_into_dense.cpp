// SPDX-License-Identifier: MIT
#include <algorithm>

#include "engine/base/buffer.h"
#include "engine/kernels/strided_copy.h"
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

/// `weights` whose input axis runs over a map [c, h, w...], with that axis in the order [h, w..., c].
Tensor channels_last_weights(const Tensor& weights, bool transposed, const Shape& map) {
  const int64_t inputs = element_count(map) / map[0];
  const int64_t outputs = weights.desc.count() / inputs;
  const int64_t channels = map[1], pixels = inputs / channels;
  const int64_t input_step = transposed ? 1 : outputs, output_step = transposed ? inputs : 1;
  NewTensor made = make_tensor(weights.desc);
  Workers alone(1);
  strided_copy(sizeof(float), Shape{pixels, channels, outputs}, weights.bytes.get(),
               Shape{input_step, pixels * input_step, output_step}, made.bytes,
               Shape{channels * input_step, input_step, output_step}, alone);
  return made.tensor;
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
    if (!std::all_of(users.begin(), users.end(), [&](int n) { return dense_weights(graph, node_at(n), flat).found; })) continue;
    for (int user : users) {
      Node& dense = node_at(user);
      const bool transposed = dense_weights(graph, dense, flat).transposed;
      const Tensor weights = channels_last_weights(*graph.constant(dense.inputs[1]), transposed, shape);
      dense.inputs[1] =
          graph.add_value({dense.name + "/weights", {weights.desc.dtype, weights.desc.shape}, Layout::Plain, weights});
    }
    flatten.op = std::make_shared<ViewOp>(result);
    flatten.inputs = {map};
  }
  return {};
}

}  // namespace cnn
