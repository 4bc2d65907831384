// SPDX-License-Identifier: MIT
#include <algorithm>
#include <iterator>

#include "engine/ops/activation.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/concat.h"
#include "engine/ops/pool.h"
#include "engine/ops/reshape.h"
#include "engine/ops/slice.h"
#include "engine/ops/transpose.h"
#include "engine/passes/gated_activation.h"
#include "engine/passes/quantized_products.h"

namespace cnn {
namespace {

/// Operators that move elements or pick some of them: they do the same to bytes.
bool moves_elements(const Op& op) {
  if (dynamic_cast<const ShapeViewOp*>(&op) || dynamic_cast<const TransposeOp*>(&op)) return true;
  if (dynamic_cast<const ConcatOp*>(&op) || dynamic_cast<const SliceOp*>(&op)) return true;
  const auto* pool = dynamic_cast<const PoolOp*>(&op);
  return pool && pool->kind() == PoolOp::Kind::Max;
}

class QuantizedFusion {
 public:
  QuantizedFusion(Graph& graph, const DequantizedValues& constants) : graph_(graph), values_(graph, constants) {}

  void run() {
    repeat([&](Node& node) { return fuse_quantize(node); });
    // Bounds that no product could take.
    repeat([&](Node& node) { return fuse_table(node); });
    repeat([&](Node& node) { return fuse_float_product(node); });
    repeat([&](Node& node) { return fuse_gate(node); });
  }

 private:
  /// Calls fuse(node), which says whether it changed something, for the nodes from last to first, and again after each
  /// change: an Add behind a product is met before the product.
  template <class Fuse>
  void repeat(Fuse&& fuse) {
    for (size_t n = graph_.nodes.size(); n-- > 0;) {
      if (!fuse(graph_.nodes[n])) continue;
      graph_.remove_dead_nodes();
      values_.refresh();
      n = graph_.nodes.size();
    }
  }

  /// Puts `made` in the place of `node` if its operator takes these inputs and makes the same type.
  bool replace(Node& node, Node made) {
    const auto types = made.op->infer(graph_.input_infos(made));
    if (!types || (*types)[0] != graph_.value(made.outputs[0]).type) return false;
    node = std::move(made);
    return true;
  }

  bool fuse_quantize(Node& node) {
    const auto y = values_.quantized(node);
    if (!y) return false;
    const BoundedValue bounded = bounded_value(values_, node.inputs[0]);
    if (fuse_bounds(node, *y, bounded)) return true;
    if (!values_.used_once(bounded.input)) return false;
    if (auto made = quantized_product(values_, bounded.input, bounded.bounds, y, node.outputs[0]))
      return replace(node, std::move(*made));
    const Node* source = values_.producer(bounded.input);
    if (!source || source->outputs.size() != 1) return false;
    const ResultBounds bounds = values_.quantized(*y, bounded.bounds);
    if (fuse_pair(node, *y, *source, bounds)) return true;
    if (auto made = quantized_affine(values_, *source, bounds, *y, node.outputs[0]))
      return replace(node, std::move(*made));
    return !bounds_anything(*y, bounds) &&
           (fuse_moves(node, *y, *source) || fuse_join(node, *y, *source) || fuse_average(node, *y, *source));
  }

  /// Whether bounds of bytes are narrower than their type.
  bool bounds_anything(const QuantizedTensor& y, const ResultBounds& bounds) const {
    const float least = values_.type(y) == DataType::Int8 ? -128.0f : 0.0f;
    return std::any_of(bounds.low.begin(), bounds.low.end(), [&](float low) { return low > least; }) ||
           std::any_of(bounds.high.begin(), bounds.high.end(), [&](float high) { return high < least + 255; });
  }

  /// Bounds, or nothing, between two equal quantisations: nothing is left, or the bounds of the product that made the
  /// bytes.
  bool fuse_bounds(Node& node, const QuantizedTensor& y, const BoundedValue& bounded) {
    const auto x = values_.dequantized_activation(bounded.input);
    if (!x || !values_.same_numbers(*x, y) || graph_.is_output(node.outputs[0])) return false;
    const ResultBounds bounds = values_.quantized(y, bounded.bounds);
    if (!bounded.inner.empty()) {
      Node* maker = values_.producer(x->x);
      if (!maker || !values_.used_once(x->x) || !values_.used_once(bounded.input)) return false;
      if (const auto* conv = dynamic_cast<const QuantizedConvOp*>(maker->op.get())) {
        maker->op = std::make_shared<QuantizedConvOp>(conv->type(), conv->attributes(), conv->at(),
                                                      combined(conv->bounds(), bounds));
      } else if (const auto* matmul = dynamic_cast<const QuantizedMatMulOp*>(maker->op.get())) {
        if (bounds.low.size() > 1 && graph_.value(x->x).type.shape.size() != 2) return false;
        maker->op =
            std::make_shared<QuantizedMatMulOp>(matmul->type(), matmul->at(), combined(matmul->bounds(), bounds),
                                                matmul->turned());
      } else {
        return false;
      }
    }
    graph_.replace_uses(node.outputs[0], x->x);
    return true;
  }

  /// A function of one number, also one that a gate makes of it, or another scale.
  bool fuse_table(Node& node) {
    const auto y = values_.quantized(node);
    if (!y) return false;
    Activation activation;
    std::string name = node.name;
    std::string_view type = "Requantize";
    auto x = values_.dequantized_activation(node.inputs[0]);
    if (const Node* source = values_.producer(node.inputs[0]); !x && source && values_.used_once(node.inputs[0])) {
      const auto gate = gated_activation(graph_, *source, graph_.producers());
      const auto function = gate ? std::optional(gate->activation) : fusable_activation(graph_, *source);
      if (!function) return false;
      activation = *function;
      name = source->name;
      type = gate ? (function->kind == ActivationKind::Swish ? "Swish" : "HardSwish") : source->op->type();
      x = values_.dequantized_activation(gate ? gate->x : source->inputs[0]);
    }
    if (!x) return false;
    return replace(node, {name,
                          std::make_shared<QuantizedUnaryOp>(type, activation),
                          {x->x, x->scale, x->zero, y->scale, values_.zero_value(*y)},
                          node.outputs});
  }

  bool fuse_moves(Node& node, const QuantizedTensor& y, const Node& source) {
    if (!moves_elements(*source.op)) return false;
    Node made{source.name, source.op, source.inputs, node.outputs};
    const bool joins = dynamic_cast<const ConcatOp*>(source.op.get()) != nullptr;
    for (size_t i = 0; i < (joins ? made.inputs.size() : 1); ++i) {
      const auto x = made.inputs[i] == no_value ? std::nullopt : values_.dequantized_activation(made.inputs[i]);
      if (!x || !values_.same_numbers(*x, y)) return false;
      made.inputs[i] = x->x;
    }
    return replace(node, std::move(made));
  }

  /// A join of bytes, some in other numbers than its result: those are turned into its numbers before.
  bool fuse_join(const Node& node, const QuantizedTensor& y, const Node& source) {
    if (!dynamic_cast<const ConcatOp*>(source.op.get())) return false;
    std::vector<QuantizedTensor> parts;
    for (const ValueId input : source.inputs) {
      const auto x = values_.dequantized_activation(input);
      if (!x) return false;
      parts.push_back(*x);
    }
    std::vector<Node> made;
    Node join{source.name, source.op, {}, node.outputs};
    for (const QuantizedTensor& x : parts) {
      join.inputs.push_back(x.x);
      if (values_.same_numbers(x, y)) continue;
      const std::string name = source.name + "/part " + std::to_string(join.inputs.size());
      join.inputs.back() = graph_.add_value({name, {values_.type(y), graph_.value(x.x).type.shape}, Layout::Plain, {}});
      made.push_back({name,
                      std::make_shared<QuantizedUnaryOp>("Requantize", Activation{}),
                      {x.x, x.scale, x.zero, y.scale, values_.zero_value(y)},
                      {join.inputs.back()}});
    }
    made.push_back(std::move(join));
    const auto at = graph_.nodes.begin() + (&node - graph_.nodes.data());
    graph_.nodes.insert(graph_.nodes.erase(at), std::make_move_iterator(made.begin()),
                        std::make_move_iterator(made.end()));
    return true;
  }

  bool fuse_pair(Node& node, const QuantizedTensor& y, const Node& source, const ResultBounds& bounds) {
    const auto* op = dynamic_cast<const ArithmeticOp*>(source.op.get());
    if (!op || source.inputs.size() != 2 || bounds.low.size() > 1 || bounds.high.size() > 1) return false;
    if (op->kind() != ArithmeticKind::Add && op->kind() != ArithmeticKind::Mul) return false;
    const auto a = values_.dequantized_activation(source.inputs[0]);
    const auto b = values_.dequantized_activation(source.inputs[1]);
    if (!a || !b) return false;
    return replace(node, {source.name,
                          std::make_shared<QuantizedPairOp>(op->kind() == ArithmeticKind::Mul, bounds),
                          {a->x, a->scale, a->zero, b->x, b->scale, b->zero, y.scale, values_.zero_value(y)},
                          node.outputs});
  }

  /// A product of bytes with a function of them: a table with the roundings of both.
  bool fuse_gate(Node& node) {
    const auto* product = dynamic_cast<const QuantizedPairOp*>(node.op.get());
    if (!product || !product->multiplies()) return false;
    for (const size_t x : {size_t{0}, size_t{3}}) {
      const size_t gate = 3 - x;
      const Node* source = values_.producer(node.inputs[gate]);
      const auto* function = source ? dynamic_cast<const QuantizedUnaryOp*>(source->op.get()) : nullptr;
      if (!function || source->inputs[0] != node.inputs[x] || !values_.used_once(node.inputs[gate])) continue;
      std::vector<ValueId> inputs = source->inputs;
      inputs.resize(5, no_value);
      for (const size_t first : {x + 1, gate + 1, size_t{6}})
        inputs.insert(inputs.end(),
                      {node.inputs[first], first + 1 < node.inputs.size() ? node.inputs[first + 1] : no_value});
      return replace(node, {source->name, std::make_shared<QuantizedGateOp>(function->activation(), product->bounds()),
                            std::move(inputs), node.outputs});
    }
    return false;
  }

  bool fuse_average(Node& node, const QuantizedTensor& y, const Node& source) {
    const auto* op = dynamic_cast<const PoolOp*>(source.op.get());
    if (!op || op->kind() != PoolOp::Kind::Average || (!op->window().global && !op->window().is_dense())) return false;
    const auto x = values_.dequantized_activation(source.inputs[0]);
    if (!x) return false;
    return replace(node, {source.name,
                          std::make_shared<QuantizedPoolOp>(op->window(), false, false),
                          {x->x, x->scale, x->zero, y.scale, values_.zero_value(y)},
                          node.outputs});
  }

  /// A product whose result no QuantizeLinear reads alone.
  bool fuse_float_product(Node& node) {
    if (node.outputs.size() != 1) return false;
    auto made = quantized_product(values_, node.outputs[0], {}, {}, node.outputs[0]);
    return made && replace(node, std::move(*made));
  }

  Graph& graph_;
  QuantizedGraph values_;
};

}  // namespace

Status fuse_quantized(Graph& graph, const DequantizedValues& constants) {
  QuantizedFusion(graph, constants).run();
  // Weights that only products of bytes read are not needed as float32 any more.
  const auto readers = graph.consumers();
  for (const auto& [id, source] : constants)
    if (readers[static_cast<size_t>(id)].empty() && !graph.is_output(id)) graph.value(id).constant.reset();
  return {};
}

}  // namespace cnn
