// SPDX-License-Identifier: MIT
#include <algorithm>
#include <iterator>

#include "engine/ops/arithmetic.h"
#include "engine/ops/gemm.h"
#include "engine/ops/transpose.h"
#include "engine/passes/passes.h"

namespace cnn {
namespace {

using Axes = std::vector<int64_t>;

Axes inverse(const std::vector<int>& perm) {
  Axes result(perm.size());
  for (size_t i = 0; i < perm.size(); ++i) result[static_cast<size_t>(perm[i])] = static_cast<int64_t>(i);
  return result;
}

class TransposeSinking {
 public:
  explicit TransposeSinking(Graph& graph) : graph_(graph), producers_(graph.producers()), readers_(graph.consumers()) {}

  void run() {
    behind_.resize(graph_.nodes.size());
    before_.resize(graph_.nodes.size());
    for (size_t n = 0; n < graph_.nodes.size(); ++n)
      if (dynamic_cast<const TransposeOp*>(graph_.nodes[n].op.get()) && !graph_.nodes[n].outputs.empty()) sink(n);
    std::vector<Node> nodes;
    for (size_t n = 0; n < graph_.nodes.size(); ++n) {
      std::move(before_[n].begin(), before_[n].end(), std::back_inserter(nodes));
      if (!graph_.nodes[n].outputs.empty()) nodes.push_back(std::move(graph_.nodes[n]));
      std::move(behind_[n].begin(), behind_[n].end(), std::back_inserter(nodes));
    }
    graph_.nodes = std::move(nodes);
  }

 private:
  /// Null also for what this pass has made or moved.
  const Node* producer(ValueId id) const {
    const int n = id == no_value || static_cast<size_t>(id) >= producers_.size() ? -1 : producers_[static_cast<size_t>(id)];
    const Node* node = n < 0 ? nullptr : &graph_.nodes[static_cast<size_t>(n)];
    return node && !node->outputs.empty() && node->outputs[0] == id ? node : nullptr;
  }

  /// The operand of a sum or product beside `value`; no_value when `node` is something else.
  ValueId operand_beside(const Node& node, ValueId value) const {
    const auto* op = dynamic_cast<const ArithmeticOp*>(node.op.get());
    if (!op || node.inputs.size() != 2 || node.inputs[0] == node.inputs[1]) return no_value;
    if (op->kind() != ArithmeticKind::Add && op->kind() != ArithmeticKind::Mul) return no_value;
    return node.inputs[node.inputs[0] == value ? 1 : 0];
  }

  /// Whether `value` is a MatMul with constant weights, maybe with a constant added.
  bool is_dense_result(ValueId value) const {
    const Node* node = producer(value);
    if (node && node->inputs.size() == 2 && dynamic_cast<const ArithmeticOp*>(node->op.get()))
      for (size_t i = 0; i < 2; ++i)
        if (graph_.constant(node->inputs[i])) {
          node = producer(node->inputs[1 - i]);
          break;
        }
    return node && dynamic_cast<const MatMulOp*>(node->op.get()) && graph_.constant(node->inputs[1]);
  }

  /// A constant with at most one extent above 1, as it is seen before the transposition; no_value: it has more.
  ValueId constant_before(ValueId id, const std::vector<int>& perm) {
    const Tensor constant = *graph_.constant(id);
    const Shape& shape = constant.desc.shape;
    if (shape.size() > perm.size() ||
        std::count_if(shape.begin(), shape.end(), [](int64_t extent) { return extent != 1; }) > 1)
      return no_value;
    Shape before(perm.size(), 1);
    for (size_t i = 0; i < shape.size(); ++i)
      before[static_cast<size_t>(perm[perm.size() - shape.size() + i])] = shape[i];
    Tensor same = constant;
    same.desc.shape = before;
    return graph_.add_value({graph_.value(id).name, {same.desc.dtype, before}, Layout::Plain, same});
  }

  /// `id`, of the type that the transposition makes, as it is seen before it.
  ValueId value_before(ValueId id, const TensorType& type, const std::vector<int>& perm, size_t reader) {
    const std::string name = graph_.value(id).name;
    const ValueId made = graph_.add_value({name + "/transposed", type, Layout::Plain, {}});
    before_[reader].push_back({name + "/transpose", std::make_shared<TransposeOp>(inverse(perm)), {id}, {made}});
    return made;
  }

  void sink(size_t n) {
    const Node transpose = graph_.nodes[n];
    if (!is_dense_result(transpose.inputs[0])) return;
    const TensorType inner = graph_.value(transpose.inputs[0]).type;
    const auto perm = dynamic_cast<const TransposeOp&>(*transpose.op).perm(static_cast<int>(inner.shape.size()));
    ValueId from = transpose.inputs[0], to = transpose.outputs[0];
    int last = -1;
    for (;;) {
      const auto& readers = readers_[static_cast<size_t>(to)];
      if (graph_.is_output(to) || readers.size() != 1) break;
      const auto reader = static_cast<size_t>(readers[0]);
      Node& node = graph_.nodes[reader];
      ValueId other = operand_beside(node, to);
      if (other == no_value || graph_.value(node.outputs[0]).type != graph_.value(to).type) break;
      if (graph_.constant(other))
        other = constant_before(other, perm);
      else
        other = graph_.value(other).type == graph_.value(to).type ? value_before(other, inner, perm, reader) : no_value;
      if (other == no_value) break;
      to = node.outputs[0];
      const ValueId moved = graph_.add_value({graph_.value(to).name + "/inner", inner, Layout::Plain, {}});
      node.inputs = {from, other};
      node.outputs = {moved};
      from = moved;
      last = readers[0];
    }
    if (last < 0) return;
    graph_.nodes[n].outputs.clear();
    behind_[static_cast<size_t>(last)].push_back({transpose.name, transpose.op, {from}, {to}});
  }

  Graph& graph_;
  const std::vector<int> producers_;
  const std::vector<std::vector<int>> readers_;
  std::vector<std::vector<Node>> before_, behind_;  ///< what is to stand around each node
};

}  // namespace

Status sink_transposes(Graph& graph) {
  TransposeSinking(graph).run();
  return {};
}

}  // namespace cnn
