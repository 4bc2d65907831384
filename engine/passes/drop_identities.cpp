// SPDX-License-Identifier: MIT
#include "engine/ops/dropout.h"
#include "engine/passes/passes.h"

namespace cnn {
namespace {

/// Views that leave the shape as it is, and operators that say they do nothing.
bool passes_on(const Graph& graph, const Node& node) {
  if (node.inputs.empty() || node.outputs.empty()) return false;
  const auto* dropout = dynamic_cast<const DropoutOp*>(node.op.get());
  if (dropout && node.outputs.size() == 1 && !dropout->drops(graph.input_infos(node))) return true;
  if (!node.op->is_view()) return false;
  return graph.value(node.inputs[0]).type == graph.value(node.outputs[0]).type;
}

}  // namespace

Status drop_identities(Graph& graph) {
  for (const Node& node : graph.nodes) {
    if (!passes_on(graph, node)) continue;
    // A graph output keeps its name: the node stays when the output is made by it, its readers go past it all the same.
    graph.replace_uses(node.outputs[0], node.inputs[0]);
  }
  return {};
}

}  // namespace cnn
