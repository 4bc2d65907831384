// SPDX-License-Identifier: MIT
#include "engine/ops/channel_shuffle.h"
#include "engine/ops/reshape.h"
#include "engine/ops/transpose.h"
#include "engine/passes/passes.h"

namespace cnn {
namespace {

/// Follows chains of single readers.
class ShuffleFusion {
 public:
  explicit ShuffleFusion(Graph& graph) : graph_(graph), readers_(graph.consumers()) {}

  void run() {
    for (Node& node : graph_.nodes)
      if (dynamic_cast<const ReshapeOp*>(node.op.get()) && !graph_.constant(node.inputs[0])) fuse(node);
  }

 private:
  const Shape& shape(ValueId id) const { return graph_.value(id).type.shape; }

  Node* only_reader(const Node& node) {
    const ValueId id = node.outputs[0];
    const auto& readers = readers_[static_cast<size_t>(id)];
    if (graph_.is_output(id) || readers.size() != 1) return nullptr;
    Node& reader = graph_.nodes[static_cast<size_t>(readers[0])];
    return reader.inputs[0] == id ? &reader : nullptr;
  }

  /// [n, c, h, w] seen as [n, groups, c / groups, h, w], its axes 1 and 2 swapped, seen as [n, c, h, w] again.
  void fuse(Node& split) {
    const Shape whole = shape(split.inputs[0]), parted = shape(split.outputs[0]);
    if (whole.size() != 4 || parted.size() != 5 || parted[1] < 1 ||
        parted != Shape{whole[0], parted[1], whole[1] / parted[1], whole[2], whole[3]})
      return;
    Node* swap = only_reader(split);
    const auto* transpose = swap ? dynamic_cast<const TransposeOp*>(swap->op.get()) : nullptr;
    if (!transpose || transpose->perm(5) != std::vector<int>{0, 2, 1, 3, 4}) return;
    Node* join = only_reader(*swap);
    if (!join || !dynamic_cast<const ReshapeOp*>(join->op.get()) || shape(join->outputs[0]) != whole) return;
    join->op = std::make_shared<ChannelShuffleOp>(parted[1]);
    join->inputs = {split.inputs[0]};
  }

  Graph& graph_;
  std::vector<std::vector<int>> readers_;
};

}  // namespace

Status fuse_shuffle(Graph& graph) {
  ShuffleFusion(graph).run();
  return {};
}

}  // namespace cnn
