// SPDX-License-Identifier: MIT
#include "engine/quantize/units.h"

#include <algorithm>

#include "engine/ops/activation.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/concat.h"
#include "engine/ops/conv.h"
#include "engine/ops/gemm.h"
#include "engine/ops/pool.h"
#include "engine/ops/reshape.h"
#include "engine/ops/slice.h"
#include "engine/ops/transpose.h"
#include "engine/passes/gated_activation.h"

namespace cnn {
namespace {

class UnitFinder {
 public:
  explicit UnitFinder(const FloatNetwork& network)
      : network_(network), graph_(network.graph), readers_(graph_.consumers()), producers_(graph_.producers()) {
    for (const Node& node : graph_.nodes)
      if (const auto gate = gated_activation(graph_, node, producers_))
        if (const Node& opened = graph_.nodes[static_cast<size_t>(gate->gate)]; only_reader(opened.outputs[0]))
          absorbed_.insert(opened.name);
  }

  std::vector<Unit> find() {
    for (const Node& node : graph_.nodes) {
      if (absorbed_.contains(node.name) || node.outputs.size() != 1 || !is_float(node.outputs[0])) continue;
      Unit unit{};
      unit.name = node.name;
      unit.type = node.op->type();
      if (!describe(node, unit)) continue;
      const Value& result = graph_.value(end_of(node, unit.kind));
      unit.output = result.name;
      unit.is_map = result.type.shape.size() == 4 && result.type.shape[2] * result.type.shape[3] > 1;
      units_.push_back(std::move(unit));
    }
    mark_what_follows();
    return std::move(units_);
  }

 private:
  bool is_float(ValueId id) const { return graph_.value(id).type.dtype == DataType::Float32; }
  bool is_activation(ValueId id) const { return id != no_value && !graph_.constant(id) && is_float(id); }
  const std::string& name(ValueId id) const { return graph_.value(id).name; }

  bool describe(const Node& node, Unit& unit) const {
    if (describe_product(node, unit)) return true;
    const Op* op = node.op.get();
    size_t inputs = 1;
    if (const auto gate = gated_activation(graph_, node, producers_)) {
      unit.kind = Unit::Kind::Table;
      unit.gate = graph_.nodes[static_cast<size_t>(gate->gate)].name;
      if (!absorbed_.contains(unit.gate) || !is_activation(gate->x)) return false;
      unit.inputs = {name(gate->x)};
      return true;
    }
    if (const auto* arithmetic = dynamic_cast<const ArithmeticOp*>(op)) {
      if (arithmetic->kind() != ArithmeticKind::Add && arithmetic->kind() != ArithmeticKind::Mul) return false;
      unit.kind = Unit::Kind::Pair;
      inputs = 2;
    } else if (const auto* pool = dynamic_cast<const PoolOp*>(op)) {
      if (pool->kind() != PoolOp::Kind::Max && !averages(*pool)) return false;
      unit.kind = pool->kind() == PoolOp::Kind::Max ? Unit::Kind::Move : Unit::Kind::Average;
    } else if (dynamic_cast<const ConcatOp*>(op)) {
      unit.kind = Unit::Kind::Move;
      inputs = node.inputs.size();
    } else if (dynamic_cast<const ShapeViewOp*>(op) || dynamic_cast<const TransposeOp*>(op) ||
               dynamic_cast<const SliceOp*>(op)) {
      unit.kind = Unit::Kind::Move;
    } else if (fusable_activation(graph_, node)) {
      unit.kind = Unit::Kind::Table;
    } else {
      return false;
    }
    for (size_t i = 0; i < inputs; ++i) {
      if (i >= node.inputs.size() || !is_activation(node.inputs[i])) return false;
      unit.inputs.push_back(name(node.inputs[i]));
    }
    return true;
  }

  static bool averages(const PoolOp& pool) {
    return pool.kind() == PoolOp::Kind::Average && (pool.window().global || pool.window().is_dense());
  }

  bool describe_product(const Node& node, Unit& unit) const {
    if (node.inputs.size() < 2 || !is_activation(node.inputs[0])) return false;
    const Tensor* weights = graph_.constant(node.inputs[1]);
    if (!weights || !is_float(node.inputs[1])) return false;
    const Shape& shape = weights->desc.shape;
    if (const auto* conv = dynamic_cast<const ConvOp*>(node.op.get())) {
      if (shape.size() != 4 || conv->attributes().residual) return false;
      unit.channel_axis = 0;
    } else if (const auto* gemm = dynamic_cast<const GemmOp*>(node.op.get())) {
      const GemmAttributes& a = gemm->attributes();
      if (a.trans_a || a.alpha != 1 || a.beta != 1) return false;
      unit.channel_axis = a.trans_b ? 0 : 1;
    } else if (dynamic_cast<const MatMulOp*>(node.op.get()) && shape.size() == 2) {
      unit.channel_axis = 1;
    } else {
      return false;
    }
    if (node.inputs.size() > 2 && node.inputs[2] != no_value) {
      const Tensor* bias = graph_.constant(node.inputs[2]);
      if (!bias || !is_float(node.inputs[2]) || bias->desc.count() != shape[unit.channel_axis]) return false;
      unit.bias = name(node.inputs[2]);
    }
    unit.kind = Unit::Kind::Product;
    unit.inputs = {name(node.inputs[0])};
    unit.weights = name(node.inputs[1]);
    return true;
  }

  /// The only reader of `id`, null when there are more or `id` is delivered.
  const Node* only_reader(ValueId id) const {
    const auto& readers = readers_[static_cast<size_t>(id)];
    return readers.size() == 1 && !graph_.is_output(id) ? &graph_.nodes[static_cast<size_t>(readers[0])] : nullptr;
  }

  /// Behind the bounds that the unit takes in; of a MatMul also the Add of a constant.
  ValueId end_of(const Node& node, Unit::Kind kind) {
    ValueId end = node.outputs[0];
    if (kind != Unit::Kind::Product && kind != Unit::Kind::Pair) return end;
    if (dynamic_cast<const MatMulOp*>(node.op.get()))
      if (const Node* add = only_reader(end); add && adds_bias(*add)) end = absorb(*add);
    for (const Node* next = only_reader(end); next; next = only_reader(end)) {
      const auto activation = fusable_activation(graph_, *next);
      if (!activation || (activation->kind != ActivationKind::Relu && activation->kind != ActivationKind::Clip)) break;
      end = absorb(*next);
    }
    return end;
  }

  bool adds_bias(const Node& node) const {
    const auto* op = dynamic_cast<const ArithmeticOp*>(node.op.get());
    if (!op || op->kind() != ArithmeticKind::Add) return false;
    return std::any_of(node.inputs.begin(), node.inputs.end(), [&](ValueId id) {
      const Tensor* constant = graph_.constant(id);
      return constant && constant->desc.shape.size() == 1 &&
             constant->desc.shape[0] == graph_.value(node.outputs[0]).type.shape.back();
    });
  }

  ValueId absorb(const Node& node) {
    absorbed_.insert(node.name);
    return node.outputs[0];
  }

  void mark_what_follows() {
    std::set<ValueId> reach;  // values that a product depends on
    for (auto node = graph_.nodes.rbegin(); node != graph_.nodes.rend(); ++node) {
      Unit unit{};
      const bool follows =
          std::any_of(node->outputs.begin(), node->outputs.end(), [&](ValueId id) { return reach.contains(id); });
      if (follows || describe_product(*node, unit)) reach.insert(node->inputs.begin(), node->inputs.end());
    }
    for (Unit& unit : units_) unit.product_follows = reach.contains(graph_.find_value(unit.output));
  }

  const FloatNetwork& network_;
  const Graph& graph_;
  const std::vector<std::vector<int>> readers_;
  const std::vector<int> producers_;
  std::set<std::string> absorbed_;
  std::vector<Unit> units_;
};

}  // namespace

std::vector<Unit> find_units(const FloatNetwork& network) { return UnitFinder(network).find(); }

}  // namespace cnn
