// SPDX-License-Identifier: MIT
#include <algorithm>

#include "engine/ops/gemm.h"
#include "engine/passes/affine.h"
#include "engine/passes/dense_weights.h"
#include "engine/passes/passes.h"

namespace cnn {
namespace {

/// A MatMul that can take more, or null.
const MatMulOp* open_product(const Graph& graph, const Node& node) {
  const auto* product = dynamic_cast<const MatMulOp*>(node.op.get());
  if (!product || node.outputs.empty() || product->fused().residual ||
      product->fused().activation.kind != ActivationKind::None)
    return nullptr;
  return has_dense_weights(graph, node) && graph.value(node.inputs[0]).type.shape.size() >= 2 ? product : nullptr;
}

/// Weights [k, n] and bias [n] of a product that does `affine` too. `bias` may be null.
std::vector<Tensor> folded_into(const Tensor& weights, const Tensor* bias, const Affine& affine) {
  const int64_t depth = weights.desc.shape[0], columns = weights.desc.shape[1];
  Tensor scaled = weights;
  if (std::any_of(affine.scale.begin(), affine.scale.end(), [](double scale) { return scale != 1; })) {
    NewTensor made = make_tensor(weights.desc);
    for (int64_t i = 0; i < depth * columns; ++i)
      reinterpret_cast<float*>(made.bytes)[i] =
          static_cast<float>(weights.data<float>()[i] * affine.scale[static_cast<size_t>(i % columns)]);
    scaled = made.tensor;
  }
  return {scaled, folded_bias(bias, affine)};
}

class DenseFusion {
 public:
  DenseFusion(Graph& graph, FoldedConstants& folded) : graph_(graph), folded_(folded), readers_(graph.consumers()) {}

  void run() {
    for (size_t n = 0; n < graph_.nodes.size(); ++n) {
      if (!open_product(graph_, graph_.nodes[n])) continue;
      while (take_affine(graph_.nodes[n])) {
      }
    }
  }

 private:
  Node* only_reader(ValueId value) {
    const auto& readers = readers_[static_cast<size_t>(value)];
    if (graph_.is_output(value) || readers.size() != 1) return nullptr;
    return &graph_.nodes[static_cast<size_t>(readers[0])];
  }

  bool take_affine(Node& product) {
    const ValueId result = product.outputs[0];
    Node* next = only_reader(result);
    if (!next) return false;
    const auto affine = channel_affine(graph_, *next, result, graph_.value(result).type.shape.size() - 1);
    if (!affine) return false;
    const bool has_bias = dynamic_cast<const MatMulOp&>(*product.op).fused().bias;
    const Tensor weights = *graph_.constant(product.inputs[1]);
    const Tensor* bias = has_bias ? graph_.constant(product.inputs[2]) : nullptr;
    const std::vector<Tensor> made = folded_.get("dense " + to_rule(*affine), {weights, bias ? *bias : Tensor{}},
                                                 [&] { return folded_into(weights, bias, *affine); });
    if (made[0].bytes != weights.bytes) product.inputs[1] = add_constant(graph_, product.name + "/weights", made[0]);
    product.inputs.resize(3, no_value);
    product.inputs[2] = add_constant(graph_, product.name + "/bias", made[1]);
    product.op = std::make_shared<MatMulOp>(MatMulOp::Fused{true, false, {}});
    product.outputs[0] = next->outputs[0];
    next->outputs.clear();
    return true;
  }

  Graph& graph_;
  FoldedConstants& folded_;
  const std::vector<std::vector<int>> readers_;  ///< by value; nodes stay where they are
};

}  // namespace

Status fuse_dense(Graph& graph, FoldedConstants& folded) {
  DenseFusion(graph, folded).run();
  return {};
}

}  // namespace cnn
