// SPDX-License-Identifier: MIT
#include "engine/cuda/late_activation.h"

#include <algorithm>
#include <optional>

#include "engine/ops/conv_step.h"

namespace cnn::cuda {
namespace {

const ConvOp* conv_of(const Node& node) {
  return node.op->type() == "Conv" ? static_cast<const ConvOp*>(node.op.get()) : nullptr;
}

/// Nothing where shapes do not fit.
std::optional<ConvGeometry> geometry_of(const Graph& graph, const Node& node, const ConvAttributes& attributes) {
  const Shape &x = graph.value(node.inputs[0]).type.shape, &w = graph.value(node.inputs[1]).type.shape;
  const auto axes = attributes.axes(x, w);
  if (!axes || x.size() != 4) return {};
  return conv_geometry(*axes, x, w, attributes.groups);
}

/// Whether node `n` computes a depthwise convolution of `id`, which is nothing else to it.
bool reads_depthwise(const Graph& graph, const Node& node, ValueId id) {
  const ConvOp* conv = conv_of(node);
  if (!conv || node.inputs[0] != id || std::count(node.inputs.begin(), node.inputs.end(), id) != 1) return false;
  const auto g = geometry_of(graph, node, conv->attributes());
  return g && is_depthwise(*g);
}

}  // namespace

bool is_for_planner(const ConvGeometry& g) {
  if (g.input[0] != 1 || g.kernel[0] != 1 || g.output[0] != 1) return false;
  return g.groups == 1 || (g.channels % 8 == 0 && g.outputs % 8 == 0 && g.group_channels() % 4 == 0 &&
                           g.group_outputs() % 4 == 0);
}

bool is_depthwise(const ConvGeometry& g) {
  return g.groups == g.channels && g.channels == g.outputs && g.groups > 1 && g.input[0] == 1 && g.kernel[0] == 1 &&
         g.output[0] == 1;
}

std::vector<Activation> find_late_activations(const Graph& graph) {
  std::vector<Activation> late(graph.values.size());
  const std::vector<std::vector<int>> consumers = graph.consumers();
  for (const Node& node : graph.nodes) {
    const ConvOp* conv = conv_of(node);
    if (!conv) continue;
    const ValueId id = node.outputs[0];
    const auto at = static_cast<size_t>(id);
    const Activation& f = conv->attributes().activation;
    if (f.kind != ActivationKind::Clip && f.kind != ActivationKind::HardSwish) continue;
    if (graph.is_output(id) || consumers[at].empty()) continue;
    const auto g = geometry_of(graph, node, conv->attributes());
    if (!g || !is_for_planner(*g)) continue;
    if (std::all_of(consumers[at].begin(), consumers[at].end(), [&](int reader) {
          return reads_depthwise(graph, graph.nodes[static_cast<size_t>(reader)], id);
        }))
      late[at] = f;
  }
  return late;
}

}  // namespace cnn::cuda
