// SPDX-License-Identifier: MIT
#include "engine/ops/conv.h"
#include "engine/ops/pad.h"
#include "engine/passes/passes.h"

namespace cnn {
namespace {

/// The margins of a Pad that only puts zeros around the spatial axes; empty when it does anything else.
std::vector<PadOp::Margin> zero_margins(const Graph& graph, const Node& node) {
  const auto* pad = dynamic_cast<const PadOp*>(node.op.get());
  if (!pad || pad->mode() != PadOp::Mode::Constant) return {};
  if (node.inputs.size() < 3 || node.inputs[2] == no_value) {
    if (pad->value() != 0) return {};
  } else {
    const Tensor* value = graph.constant(node.inputs[2]);
    if (!value || value->desc.dtype != DataType::Float32 || value->data<float>()[0] != 0) return {};
  }
  auto margins = pad->margins(graph.input_infos(node));
  if (!margins || margins->size() < 3) return {};
  for (size_t axis = 0; axis < margins->size(); ++axis) {
    const PadOp::Margin& margin = (*margins)[axis];
    if (margin.before < 0 || margin.after < 0 || (axis < 2 && margin.before + margin.after > 0)) return {};
  }
  return *margins;
}

/// `conv` with `margins` added to its padding; null where its padding follows the input's extents.
std::shared_ptr<const Op> with_padding(const ConvOp& conv, const std::vector<PadOp::Margin>& margins) {
  ConvAttributes attributes = conv.attributes();
  if (attributes.auto_pad == AutoPad::Valid) {
    attributes.auto_pad = AutoPad::NotSet;
    attributes.pads_begin.clear();
    attributes.pads_end.clear();
  }
  if (attributes.auto_pad != AutoPad::NotSet) return nullptr;
  const size_t spatial = margins.size() - 2;
  attributes.pads_begin.resize(spatial, 0);
  attributes.pads_end.resize(spatial, 0);
  for (size_t axis = 0; axis < spatial; ++axis) {
    attributes.pads_begin[axis] += margins[axis + 2].before;
    attributes.pads_end[axis] += margins[axis + 2].after;
  }
  return std::make_shared<ConvOp>(std::move(attributes));
}

}  // namespace

Status fold_pad(Graph& graph) {
  const std::vector<int> producers = graph.producers();
  for (Node& node : graph.nodes) {
    const auto* conv = dynamic_cast<const ConvOp*>(node.op.get());
    if (!conv) continue;
    const int producer = producers[static_cast<size_t>(node.inputs[0])];
    if (producer < 0) continue;
    const Node& pad = graph.nodes[static_cast<size_t>(producer)];
    const auto margins = zero_margins(graph, pad);
    if (margins.empty()) continue;
    if (auto padded = with_padding(*conv, margins)) {
      node.op = std::move(padded);
      node.inputs[0] = pad.inputs[0];
    }
  }
  return {};
}

}  // namespace cnn
