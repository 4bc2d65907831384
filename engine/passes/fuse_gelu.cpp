// SPDX-License-Identifier: MIT
#include <cmath>

#include "engine/ops/activation.h"
#include "engine/ops/arithmetic.h"
#include "engine/passes/passes.h"

namespace cnn {
namespace {

/// Finds x / sqrt(2) -> Erf -> + 1 -> * x -> * 1/2, with the last two in either order (Hendrycks & Gimpel, 1606.08415).
class GeluFusion {
 public:
  explicit GeluFusion(Graph& graph) : graph_(graph), producers_(graph.producers()), readers_(graph.consumers()) {}

  void run() {
    for (size_t n = 0; n < graph_.nodes.size(); ++n) fuse(graph_.nodes[n]);
  }

 private:
  bool is_number(ValueId id, float wanted) const {
    const Tensor* constant = id == no_value ? nullptr : graph_.constant(id);
    return constant && constant->desc.dtype == DataType::Float32 && constant->desc.count() == 1 &&
           std::abs(constant->values<float>()[0] - wanted) < 1e-6f * wanted;
  }

  bool is(const Node& node, ArithmeticKind kind) const {
    const auto* op = dynamic_cast<const ArithmeticOp*>(node.op.get());
    return op && op->kind() == kind && node.inputs.size() == 2;
  }

  Node* producer(ValueId id) const {
    const int n = producers_[static_cast<size_t>(id)];
    return n < 0 ? nullptr : &graph_.nodes[static_cast<size_t>(n)];
  }

  Node* only_reader(const Node& node) const {
    const auto& readers = readers_[static_cast<size_t>(node.outputs[0])];
    if (graph_.is_output(node.outputs[0]) || readers.size() != 1) return nullptr;
    return &graph_.nodes[static_cast<size_t>(readers[0])];
  }

  /// The operand of `node` beside a constant; no_value when that is another number.
  ValueId beside(const Node& node, ArithmeticKind kind, float number) const {
    if (!is(node, kind)) return no_value;
    if (is_number(node.inputs[1], number)) return node.inputs[0];
    return kind != ArithmeticKind::Div && is_number(node.inputs[0], number) ? node.inputs[1] : no_value;
  }

  /// x of x / sqrt(2).
  ValueId scaled_by(const Node& node) const {
    const ValueId divided = beside(node, ArithmeticKind::Div, 1.41421356f);
    return divided != no_value ? divided : beside(node, ArithmeticKind::Mul, 0.707106781f);
  }

  void fuse(const Node& erf) {
    const auto function = fusable_activation(graph_, erf);
    if (!function || function->kind != ActivationKind::Erf) return;
    const Node* scale = producer(erf.inputs[0]);
    const ValueId x = scale ? scaled_by(*scale) : no_value;
    Node* sum = x == no_value ? nullptr : only_reader(erf);
    if (!sum || beside(*sum, ArithmeticKind::Add, 1) != erf.outputs[0]) return;
    Node* product = only_reader(*sum);
    if (!product || !is(*product, ArithmeticKind::Mul)) return;
    const ValueId other = product->inputs[product->inputs[0] == sum->outputs[0] ? 1 : 0];
    Node* last = product;
    if (other == x) {
      last = only_reader(*product);
      if (!last || beside(*last, ArithmeticKind::Mul, 0.5f) != product->outputs[0]) return;
    } else {
      const Node* half = producer(other);
      if (!half || beside(*half, ArithmeticKind::Mul, 0.5f) != x) return;
    }
    if (graph_.value(last->outputs[0]).type.shape != graph_.value(x).type.shape) return;
    last->op = gelu_op();
    last->inputs = {x};
  }

  Graph& graph_;
  std::vector<int> producers_;
  std::vector<std::vector<int>> readers_;
};

}  // namespace

Status fuse_gelu(Graph& graph) {
  GeluFusion(graph).run();
  return {};
}

}  // namespace cnn
