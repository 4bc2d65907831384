// SPDX-License-Identifier: MIT
#include "engine/ops/pad.h"
#include "engine/ops/quantize.h"
#include "engine/passes/quantized_graph.h"

namespace cnn {
namespace {

/// Zeros, or numbers of the input, are filled in.
bool keeps_numbers(const Graph& graph, const Node& node) {
  const auto* pad = dynamic_cast<const PadOp*>(node.op.get());
  if (!pad) return false;
  if (pad->mode() != PadOp::Mode::Constant) return true;
  if (node.inputs.size() < 3 || node.inputs[2] == no_value) return pad->value() == 0;
  const Tensor* value = graph.constant(node.inputs[2]);
  return value && value->desc.dtype == DataType::Float32 && value->data<float>()[0] == 0;
}

}  // namespace

Status drop_requantization(Graph& graph, const DequantizedValues& constants) {
  const QuantizedGraph values(graph, constants);
  for (const Node& node : graph.nodes) {
    if (!dynamic_cast<const DequantizeOp*>(node.op.get())) continue;
    const auto again = values.dequantized_activation(node.outputs[0]);
    const Node* quantize = again ? values.producer(again->x) : nullptr;
    const auto y = quantize ? values.quantized(*quantize) : std::nullopt;
    const Node* pad = y ? values.producer(quantize->inputs[0]) : nullptr;
    if (!pad || !keeps_numbers(graph, *pad)) continue;
    const auto x = values.dequantized_activation(pad->inputs[0]);
    if (x && values.same_numbers(*x, *y) && values.same_numbers(*again, *y))
      graph.replace_uses(node.outputs[0], quantize->inputs[0]);
  }
  return {};
}

}  // namespace cnn
