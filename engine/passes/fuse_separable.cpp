// SPDX-License-Identifier: MIT
#include <algorithm>

#include "engine/ops/separable_block.h"
#include "engine/passes/passes.h"

namespace cnn {
namespace {

using Block = SeparableBlockOp;

bool is_all(const std::vector<int64_t>& list, int64_t value) {
  return std::all_of(list.begin(), list.end(), [=](int64_t x) { return x == value; });
}

/// Finds Conv nodes of a certain kind around a depthwise one.
class SeparableFusion {
 public:
  explicit SeparableFusion(Graph& graph) : graph_(graph), producers_(graph.producers()), readers_(graph.consumers()) {}

  void run() {
    for (size_t n = 0; n < graph_.nodes.size(); ++n)
      if (is_depthwise(graph_.nodes[n])) fuse(graph_.nodes[n]);
  }

 private:
  std::shared_ptr<const ConvOp> conv_of(const Node& node) const {
    auto conv = std::dynamic_pointer_cast<const ConvOp>(node.op);
    const bool planar = conv && graph_.value(node.inputs[0]).type.shape.size() == 4;
    return planar && graph_.constant(node.inputs[1]) ? conv : nullptr;
  }
  const Shape& weights_of(const Node& node) const { return graph_.value(node.inputs[1]).type.shape; }

  bool is_depthwise(const Node& node) const {
    const auto conv = conv_of(node);
    if (!conv || conv->attributes().residual || node.outputs.empty()) return false;
    const int64_t channels = graph_.value(node.inputs[0]).type.shape[1];
    return conv->attributes().groups == channels && weights_of(node)[0] == channels && channels > 1;
  }
  bool is_pointwise(const Node& node) const {
    const auto conv = conv_of(node);
    if (!conv || node.outputs.empty()) return false;
    const ConvAttributes& a = conv->attributes();
    return a.groups == 1 && weights_of(node)[2] == 1 && weights_of(node)[3] == 1 && is_all(a.strides, 1) &&
           is_all(a.pads_begin, 0) && is_all(a.pads_end, 0);
  }

  bool is_read_once(ValueId id) const { return !graph_.is_output(id) && readers_[static_cast<size_t>(id)].size() == 1; }

  /// Maps that fit the caches are better off with kernels that divide channels among threads.
  bool is_large(ValueId id) const {
    constexpr int64_t least = 384 << 10;
    const Shape& shape = graph_.value(id).type.shape;
    return shape[1] * shape[2] * shape[3] * static_cast<int64_t>(sizeof(float)) >= least;
  }

  Node* expand_of(const Node& depthwise) {
    const ValueId x = depthwise.inputs[0];
    const int producer = producers_[static_cast<size_t>(x)];
    if (producer < 0 || !is_read_once(x) || !is_large(x)) return nullptr;
    Node& node = graph_.nodes[static_cast<size_t>(producer)];
    return is_pointwise(node) && !conv_of(node)->attributes().residual ? &node : nullptr;
  }
  Node* project_of(const Node& depthwise) {
    const ValueId y = depthwise.outputs[0];
    if (!is_read_once(y)) return nullptr;
    Node& node = graph_.nodes[static_cast<size_t>(readers_[static_cast<size_t>(y)][0])];
    return is_pointwise(node) && node.inputs[0] == y ? &node : nullptr;
  }

  void fuse(Node& depthwise) {
    Node* expand = expand_of(depthwise);
    Node* project = project_of(depthwise);
    if (!expand && !(project && is_large(depthwise.outputs[0]))) return;
    Block::Stages stages{nullptr, conv_of(depthwise), nullptr};
    std::vector<ValueId> inputs(Block::input_count, no_value);
    auto take = [&](Node& node, size_t weights) {
      inputs[weights] = node.inputs[1];
      if (node.inputs.size() > 2) inputs[weights + 1] = node.inputs[2];
    };
    Node& last = project ? *project : depthwise;
    inputs[0] = (expand ? *expand : depthwise).inputs[0];
    take(depthwise, Block::depthwise_weights);
    if (expand) {
      stages.expand = conv_of(*expand);
      take(*expand, Block::expand_weights);
    }
    if (project) {
      stages.project = conv_of(*project);
      take(*project, Block::project_weights);
      if (stages.project->attributes().residual) inputs[Block::residual] = project->inputs[3];
    }
    // The fused node stands where the last stage stood: there all operands exist.
    Node fused{last.name, std::make_shared<Block>(std::move(stages)), std::move(inputs), last.outputs};
    if (expand) expand->outputs.clear();
    if (project) depthwise.outputs.clear();
    last = std::move(fused);
  }

  Graph& graph_;
  std::vector<int> producers_;
  std::vector<std::vector<int>> readers_;
};

}  // namespace

Status fuse_separable(Graph& graph) {
  SeparableFusion(graph).run();
  return {};
}

}  // namespace cnn
