// SPDX-License-Identifier: MIT
#include "engine/passes/affine.h"

#include <cmath>

#include "engine/ops/arithmetic.h"
#include "engine/ops/norm.h"

namespace cnn {
namespace {

/// The numbers of a constant that is the same everywhere or differs by channel only, one for each channel. `axis` is that
/// of the channels in what the constant of up to `rank` axes is broadcast to.
std::optional<std::vector<double>> per_channel(const Tensor* constant, size_t rank, size_t axis, int64_t channels) {
  if (!constant || constant->desc.dtype != DataType::Float32 || constant->desc.shape.size() > rank) return {};
  const Shape& shape = constant->desc.shape;
  const size_t missing = rank - shape.size();
  const int64_t count = constant->desc.count();
  if (count != 1 && (count != channels || axis < missing || shape[axis - missing] != channels)) return {};
  std::vector<double> numbers(static_cast<size_t>(channels));
  for (int64_t c = 0; c < channels; ++c) numbers[static_cast<size_t>(c)] = constant->data<float>()[count == 1 ? 0 : c];
  return numbers;
}

std::optional<Affine> batchnorm_affine(const Graph& graph, const Node& node, const BatchNormOp& op, int64_t channels) {
  std::vector<std::vector<double>> terms;  // scale, bias, mean, variance
  for (size_t i = 1; i <= 4; ++i) {
    auto numbers = i < node.inputs.size() ? per_channel(graph.constant(node.inputs[i]), 2, 1, channels) : std::nullopt;
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

}  // namespace

std::optional<Affine> channel_affine(const Graph& graph, const Node& node, ValueId input, size_t axis) {
  const Shape& shape = graph.value(input).type.shape;
  if (node.outputs.empty() || graph.value(node.outputs[0]).type.shape != shape) return {};
  const auto channels = static_cast<size_t>(shape[axis]);
  if (auto* norm = dynamic_cast<const BatchNormOp*>(node.op.get())) {
    if (axis != 1 || node.inputs[0] != input || node.outputs.size() != 1 || norm->activation().kind != ActivationKind::None) return {};
    return batchnorm_affine(graph, node, *norm, shape[1]);
  }
  auto* arithmetic = dynamic_cast<const ArithmeticOp*>(node.op.get());
  if (!arithmetic || node.inputs.size() != 2) return {};
  const bool first = node.inputs[0] == input;
  auto numbers = per_channel(graph.constant(node.inputs[first ? 1 : 0]), shape.size(), axis, shape[axis]);
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

Tensor folded_bias(const Tensor* bias, const Affine& affine) {
  NewTensor made = make_tensor({DataType::Float32, {static_cast<int64_t>(affine.scale.size())}});
  for (size_t c = 0; c < affine.scale.size(); ++c) {
    const double old = bias ? bias->data<float>()[c] : 0;
    reinterpret_cast<float*>(made.bytes)[c] = static_cast<float>(old * affine.scale[c] + affine.shift[c]);
  }
  return made.tensor;
}

ValueId add_constant(Graph& graph, std::string name, const Tensor& tensor) {
  return graph.add_value({std::move(name), {tensor.desc.dtype, tensor.desc.shape}, Layout::Plain, tensor});
}

std::string to_rule(const Affine& affine) {
  std::string rule = "affine ";
  for (const std::vector<double>& list : {affine.scale, affine.shift})
    rule.append(reinterpret_cast<const char*>(list.data()), list.size() * sizeof(double));
  return rule;
}

}  // namespace cnn
