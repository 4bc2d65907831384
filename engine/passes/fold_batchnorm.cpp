// SPDX-License-Identifier: MIT
#include <cmath>
#include <optional>

#include "engine/ops/arithmetic.h"
#include "engine/ops/conv.h"
#include "engine/ops/norm.h"
#include "engine/passes/passes.h"

namespace cnn {
namespace {

/// y = scale[c] x + shift[c] for each channel.
struct Affine {
  std::vector<double> scale, shift;
};

/// The numbers of a constant that is the same everywhere or differs by channel only, one for each channel.
std::optional<std::vector<double>> per_channel(const Tensor* constant, size_t rank, int64_t channels) {
  if (!constant || constant->desc.dtype != DataType::Float32 || constant->desc.shape.size() > rank) return {};
  const Shape& shape = constant->desc.shape;
  const int64_t count = constant->desc.count();
  if (count != 1 && (count != channels || shape.size() + 1 < rank || shape[shape.size() + 1 - rank] != channels)) return {};
  std::vector<double> numbers(static_cast<size_t>(channels));
  for (int64_t c = 0; c < channels; ++c) numbers[static_cast<size_t>(c)] = constant->data<float>()[count == 1 ? 0 : c];
  return numbers;
}

std::optional<Affine> batchnorm_affine(const Graph& graph, const Node& node, const BatchNormOp& op, int64_t channels) {
  std::vector<std::vector<double>> terms;  // scale, bias, mean, variance
  for (size_t i = 1; i <= 4; ++i) {
    auto numbers = i < node.inputs.size() ? per_channel(graph.constant(node.inputs[i]), 2, channels) : std::nullopt;
    if (!numbers) {
      const Tensor* list = i < node.inputs.size() ? graph.constant(node.inputs[i]) : nullptr;
      if (!list || list->desc.dtype != DataType::Float32 || list->desc.count() != channels) return {};
      numbers.emplace(list->data<float>(), list->data<float>() + channels);
    }
    terms.push_back(std::move(*numbers));
  }
  Affine affine;
  for (size_t c = 0; c < static_cast<size_t>(channels); ++c) {
    affine.scale.push_back(terms[0][c] / std::sqrt(terms[3][c] + static_cast<double>(op.epsilon())));
    affine.shift.push_back(terms[1][c] - terms[2][c] * affine.scale[c]);
  }
  return affine;
}

/// What `node` does to `input`, when that is an affine function of each channel with constant coefficients.
std::optional<Affine> affine_of(const Graph& graph, const Node& node, ValueId input) {
  const Shape& shape = graph.value(input).type.shape;
  if (shape.size() < 3 || graph.value(node.outputs[0]).type.shape != shape) return {};
  const auto channels = static_cast<size_t>(shape[1]);
  if (auto* norm = dynamic_cast<const BatchNormOp*>(node.op.get())) {
    if (node.inputs[0] != input || node.outputs.size() != 1 || norm->activation().kind != ActivationKind::None) return {};
    return batchnorm_affine(graph, node, *norm, shape[1]);
  }
  auto* arithmetic = dynamic_cast<const ArithmeticOp*>(node.op.get());
  if (!arithmetic || node.inputs.size() != 2) return {};
  const bool first = node.inputs[0] == input;
  auto numbers = per_channel(graph.constant(node.inputs[first ? 1 : 0]), shape.size(), shape[1]);
  if (!numbers) return {};
  Affine affine{std::vector<double>(channels, 1), std::vector<double>(channels, 0)};
  switch (arithmetic->kind()) {
    case ArithmeticKind::Add: affine.shift = *numbers; return affine;
    case ArithmeticKind::Mul: affine.scale = *numbers; return affine;
    case ArithmeticKind::Sub:
      if (!first) return {};
      for (size_t c = 0; c < channels; ++c) affine.shift[c] = -(*numbers)[c];
      return affine;
    case ArithmeticKind::Div:
      if (!first) return {};
      for (size_t c = 0; c < channels; ++c) affine.scale[c] = 1 / (*numbers)[c];
      return affine;
    default: return {};
  }
}

ValueId add_constant(Graph& graph, std::string name, const Tensor& tensor) {
  return graph.add_value({std::move(name), {tensor.desc.dtype, tensor.desc.shape}, Layout::Plain, tensor});
}

/// Weights and bias of a convolution that does what follows it too. `bias` may be null.
std::vector<Tensor> folded_into(const Tensor& weights, const Tensor* bias, const Affine& affine) {
  const auto channels = static_cast<int64_t>(affine.scale.size());
  const int64_t per_output = weights.desc.count() / std::max<int64_t>(1, channels);
  NewTensor scaled = make_tensor(weights.desc);
  NewTensor shifted = make_tensor({DataType::Float32, {channels}});
  for (int64_t m = 0; m < channels; ++m) {
    const double scale = affine.scale[static_cast<size_t>(m)];
    for (int64_t i = m * per_output; i < (m + 1) * per_output; ++i)
      reinterpret_cast<float*>(scaled.bytes)[i] = static_cast<float>(weights.data<float>()[i] * scale);
    const double old = bias ? bias->data<float>()[m] : 0;
    reinterpret_cast<float*>(shifted.bytes)[m] = static_cast<float>(old * scale + affine.shift[static_cast<size_t>(m)]);
  }
  return {scaled.tensor, shifted.tensor};
}

std::string rule_of(const Affine& affine) {
  std::string rule = "affine ";
  for (const std::vector<double>& list : {affine.scale, affine.shift})
    rule.append(reinterpret_cast<const char*>(list.data()), list.size() * sizeof(double));
  return rule;
}

void apply(Graph& graph, Node& conv, const Affine& affine, FoldedConstants& folded) {
  const Tensor weights = *graph.constant(conv.inputs[1]);
  const Tensor* bias = conv.inputs.size() > 2 ? graph.constant(conv.inputs[2]) : nullptr;
  const std::vector<Tensor> made = folded.get(rule_of(affine), {weights, bias ? *bias : Tensor{}},
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
      const auto affine = affine_of(graph, next, result);
      if (!affine) break;
      apply(graph, conv, *affine, folded);
      conv.outputs[0] = next.outputs[0];
      next.outputs.clear();
    }
  }
  return {};
}

}  // namespace cnn
