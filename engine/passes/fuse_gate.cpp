// SPDX-License-Identifier: MIT
#include <algorithm>

#include "engine/ops/arithmetic.h"
#include "engine/ops/gated_pointwise.h"
#include "engine/passes/passes.h"

namespace cnn {
namespace {

bool is_all(const std::vector<int64_t>& list, int64_t value) {
  return std::all_of(list.begin(), list.end(), [=](int64_t x) { return x == value; });
}

/// A 1x1 convolution over a plane, if scaling its weights per image costs less than scaling its input.
std::shared_ptr<const ConvOp> gateable(const Graph& graph, const Node& node) {
  auto conv = std::dynamic_pointer_cast<const ConvOp>(node.op);
  if (!conv || node.outputs.empty()) return nullptr;
  const ConvAttributes& a = conv->attributes();
  const Shape &x = graph.value(node.inputs[0]).type.shape, &weights = graph.value(node.inputs[1]).type.shape;
  const bool pointwise = x.size() == 4 && weights[2] == 1 && weights[3] == 1 && a.groups == 1 && is_all(a.strides, 1) &&
                         is_all(a.pads_begin, 0) && is_all(a.pads_end, 0);
  return pointwise && graph.constant(node.inputs[1]) && weights[0] < x[2] * x[3] ? conv : nullptr;
}

/// Which input of the product `node` is a number per image and channel of the other, or -1.
int gate_of(const Graph& graph, const Node& node) {
  const auto* op = dynamic_cast<const ArithmeticOp*>(node.op.get());
  if (!op || op->kind() != ArithmeticKind::Mul || node.inputs.size() != 2) return -1;
  const TensorType& result = graph.value(node.outputs[0]).type;
  for (int gate = 0; gate < 2; ++gate) {
    const TensorType &factors = graph.value(node.inputs[static_cast<size_t>(gate)]).type,
                     &map = graph.value(node.inputs[static_cast<size_t>(1 - gate)]).type;
    if (map == result && factors == TensorType{DataType::Float32, {map.shape[0], map.shape[1], 1, 1}}) return gate;
  }
  return -1;
}

}  // namespace

Status fuse_gate(Graph& graph) {
  const std::vector<int> producers = graph.producers();
  const auto readers = graph.consumers();
  for (Node& node : graph.nodes) {
    const auto conv = gateable(graph, node);
    if (!conv) continue;
    const ValueId product = node.inputs[0];
    const int producer = producers[static_cast<size_t>(product)];
    if (producer < 0 || graph.is_output(product) || readers[static_cast<size_t>(product)].size() != 1) continue;
    const Node& source = graph.nodes[static_cast<size_t>(producer)];
    const int gate = gate_of(graph, source);
    if (gate < 0) continue;
    node.inputs[0] = source.inputs[static_cast<size_t>(1 - gate)];
    node.inputs.resize(GatedPointwiseOp::gate, no_value);
    node.inputs.push_back(source.inputs[static_cast<size_t>(gate)]);
    node.op = std::make_shared<GatedPointwiseOp>(conv);
  }
  return {};
}

}  // namespace cnn
