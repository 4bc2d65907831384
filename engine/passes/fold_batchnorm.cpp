// SPDX-License-Identifier: MIT
#include "engine/ops/conv.h"
#include "engine/passes/affine.h"
#include "engine/passes/passes.h"

namespace cnn {
namespace {

/// Weights and bias of a convolution that does what follows it too. `bias` may be null.
std::vector<Tensor> folded_into(const Tensor& weights, const Tensor* bias, const Affine& affine) {
  const auto channels = static_cast<int64_t>(affine.scale.size());
  const int64_t per_output = weights.desc.count() / std::max<int64_t>(1, channels);
  NewTensor scaled = make_tensor(weights.desc);
  for (int64_t m = 0; m < channels; ++m) {
    const double scale = affine.scale[static_cast<size_t>(m)];
    for (int64_t i = m * per_output; i < (m + 1) * per_output; ++i)
      reinterpret_cast<float*>(scaled.bytes)[i] = static_cast<float>(weights.data<float>()[i] * scale);
  }
  return {scaled.tensor, folded_bias(bias, affine)};
}

void apply(Graph& graph, Node& conv, const Affine& affine, FoldedConstants& folded) {
  const Tensor weights = *graph.constant(conv.inputs[1]);
  const Tensor* bias = conv.inputs.size() > 2 ? graph.constant(conv.inputs[2]) : nullptr;
  const std::vector<Tensor> made = folded.get(to_rule(affine), {weights, bias ? *bias : Tensor{}},
                                              [&] { return folded_into(weights, bias, affine); });
  const std::string name = conv.name;
  conv.inputs.resize(3, no_value);
  conv.inputs[1] = add_constant(graph, name + "/weights", made[0]);
  conv.inputs[2] = add_constant(graph, name + "/bias", made[1]);
}

bool can_change(const Graph& graph, const Node& conv) {
  const auto* op = dynamic_cast<const ConvOp*>(conv.op.get());
  if (!op || op->attributes().activation.kind != ActivationKind::None || op->attributes().residual) return false;
  const Tensor* weights = graph.constant(conv.inputs[1]);
  if (!weights || weights->desc.dtype != DataType::Float32) return false;
  return conv.inputs.size() < 3 || conv.inputs[2] == no_value || graph.constant(conv.inputs[2]);
}

}  // namespace

Status fold_batchnorm(Graph& graph, FoldedConstants& folded) {
  const auto readers = graph.consumers();
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    Node& conv = graph.nodes[n];
    if (!can_change(graph, conv)) continue;
    // One after another: Conv -> BatchNorm -> Mul -> Add, as long as nobody else looks in between.
    for (;;) {
      const ValueId result = conv.outputs[0];
      if (graph.is_output(result) || readers[static_cast<size_t>(result)].size() != 1) break;
      Node& next = graph.nodes[static_cast<size_t>(readers[static_cast<size_t>(result)][0])];
      const auto affine = channel_affine(graph, next, result, 1);
      if (!affine) break;
      apply(graph, conv, *affine, folded);
      conv.outputs[0] = next.outputs[0];
      next.outputs.clear();
    }
  }
  return {};
}

}  // namespace cnn
