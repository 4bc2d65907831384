// SPDX-License-Identifier: MIT
#include "engine/passes/quantized_products.h"

#include <cmath>

#include "engine/ops/arithmetic.h"
#include "engine/ops/conv.h"
#include "engine/ops/gemm.h"
#include "engine/ops/norm.h"
#include "engine/passes/affine.h"

namespace cnn {
namespace {

/// What a product of dequantised tensors reads.
struct Operands {
  QuantizedTensor x, weights;
  ValueId bias = no_value;  ///< constant Float32
  int64_t outputs = 0;
};

/// float32 bias in units of the sums, x_scale * w_scale, where it fits into int32.
std::optional<Tensor> integer_bias(const QuantizedGraph& graph, const Operands& operands) {
  const Tensor* bias = graph.graph().constant(operands.bias);
  if (!bias || bias->desc.dtype != DataType::Float32 || bias->desc.count() != operands.outputs) return {};
  constexpr double most = 1 << 30;
  std::vector<int32_t> integers;
  for (int64_t m = 0; m < operands.outputs; ++m) {
    const double unit = static_cast<double>(graph.scale(operands.x)) * graph.scale(operands.weights, m);
    const double number = std::nearbyint(bias->values<float>()[static_cast<size_t>(m)] / unit);
    if (!(std::abs(number) <= most)) return {};
    integers.push_back(static_cast<int32_t>(number));
  }
  return tensor_of<int32_t>({operands.outputs}, std::span<const int32_t>(integers));
}

/// Inputs of the quantised operator; nullopt when the bias does not fit.
struct Inputs {
  std::vector<ValueId> ids;
  QuantizedInputs at{0, 1, 2, 3, 4, 5, -1, -1, -1};
};
std::optional<Inputs> inputs_of(const QuantizedGraph& graph, const std::string& name, const Operands& operands,
                                const std::optional<QuantizedTensor>& y) {
  const QuantizedTensor &x = operands.x, &w = operands.weights;
  Inputs inputs;
  inputs.ids = {x.x, x.scale, x.zero, w.x, w.scale, w.zero};
  if (y) {
    inputs.at.y_scale = 6;
    inputs.at.y_zero = 7;
    inputs.ids.insert(inputs.ids.end(), {y->scale, graph.zero_value(*y)});
  }
  if (operands.bias == no_value) return inputs;
  auto bias = integer_bias(graph, operands);
  if (!bias) return {};
  inputs.at.bias = static_cast<int>(inputs.ids.size());
  inputs.ids.push_back(
      graph.graph().add_value({name + "/bias", {bias->desc.dtype, bias->desc.shape}, Layout::Plain, *bias}));
  return inputs;
}

std::optional<Node> quantized_conv(const QuantizedGraph& graph, const Node& node, const ResultBounds& bounds,
                                   const std::optional<QuantizedTensor>& y) {
  const auto* conv = dynamic_cast<const ConvOp*>(node.op.get());
  if (!conv || conv->attributes().residual || conv->attributes().activation.kind != ActivationKind::None) return {};
  const int64_t outputs = graph.graph().value(node.inputs[1]).type.shape[0];
  const auto x = graph.dequantized_activation(node.inputs[0]);
  const auto weights = graph.dequantized_weights(node.inputs[1], 0, outputs);
  if (!x || !weights) return {};
  const auto inputs =
      inputs_of(graph, node.name, {*x, *weights, node.inputs.size() > 2 ? node.inputs[2] : no_value, outputs}, y);
  if (!inputs) return {};
  return Node{node.name,
              std::make_shared<QuantizedConvOp>("QLinearConv", conv->attributes(), inputs->at, bounds),
              inputs->ids,
              {}};
}

/// [n, k] as [k, n].
Tensor transposed(const Tensor& weights) {
  const int64_t n = weights.desc.shape[0], k = weights.desc.shape[1];
  NewTensor made = make_tensor({weights.desc.dtype, {k, n}});
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < k; ++j) made.bytes[j * n + i] = weights.bytes.get()[i * k + j];
  return made.tensor;
}

std::optional<Node> quantized_matmul(const QuantizedGraph& graph, const Node& node, ValueId bias,
                                     const ResultBounds& bounds, const std::optional<QuantizedTensor>& y) {
  const auto* gemm = dynamic_cast<const GemmOp*>(node.op.get());
  if (!gemm && !dynamic_cast<const MatMulOp*>(node.op.get())) return {};
  const bool turned = gemm && gemm->attributes().trans_b;
  if (gemm) {
    const GemmAttributes& a = gemm->attributes();
    if (node.inputs.size() > 2 && node.inputs[2] != no_value && bias != no_value) return {};
    if (node.inputs.size() > 2 && node.inputs[2] != no_value) bias = node.inputs[2];
    if (a.trans_a || a.alpha != 1 || (a.beta != 1 && bias != no_value) || a.activation.kind != ActivationKind::None)
      return {};
  }
  const Shape& shape = graph.graph().value(node.inputs[1]).type.shape;
  if (shape.size() != 2) return {};
  const int64_t outputs = shape[turned ? 0 : 1];
  const auto x = graph.dequantized_activation(node.inputs[0]);
  auto weights = graph.dequantized_weights(node.inputs[1], turned ? 0 : 1, outputs);
  if (!x || !weights) return {};
  if (bias != no_value) {
    const Shape& own = graph.graph().value(bias).type.shape;
    if (own.empty() || own.back() != outputs) return {};
  }
  const bool per_channel = bounds.low.size() > 1 || bounds.high.size() > 1;
  if (per_channel && graph.graph().value(node.outputs[0]).type.shape.size() != 2) return {};
  auto inputs = inputs_of(graph, node.name, {*x, *weights, bias, outputs}, y);
  if (!inputs) return {};
  if (turned) {
    const Tensor turned_weights = transposed(*graph.graph().constant(weights->x));
    inputs->ids[3] = graph.graph().add_value({node.name + "/weights",
                                              {turned_weights.desc.dtype, turned_weights.desc.shape},
                                              Layout::Plain,
                                              turned_weights});
  }
  return Node{node.name, std::make_shared<QuantizedMatMulOp>("QLinearMatMul", inputs->at, bounds), inputs->ids, {}};
}

/// The constant operand of an Add whose other operand is `product`.
ValueId added_constant(const Graph& graph, const Node& node, ValueId& product) {
  const auto* add = dynamic_cast<const ArithmeticOp*>(node.op.get());
  if (!add || add->kind() != ArithmeticKind::Add || node.inputs.size() != 2) return no_value;
  for (size_t i = 0; i < 2; ++i) {
    const Tensor* constant = graph.constant(node.inputs[i]);
    if (!constant || constant->desc.shape.size() != 1 || graph.constant(node.inputs[1 - i])) continue;
    product = node.inputs[1 - i];
    return node.inputs[i];
  }
  return no_value;
}

}  // namespace

std::optional<Node> quantized_product(const QuantizedGraph& graph, ValueId product, const ResultBounds& bounds,
                                      const std::optional<QuantizedTensor>& y, ValueId output) {
  const Node* node = graph.producer(product);
  if (!node || node->outputs.size() != 1) return {};
  const ResultBounds stored = y ? graph.quantized(*y, bounds) : bounds;
  auto made = quantized_conv(graph, *node, stored, y);
  if (!made) {
    ValueId matmul = product;
    const ValueId bias = added_constant(graph.graph(), *node, matmul);
    const Node* inner = graph.producer(matmul);
    if (!inner || (bias != no_value && !graph.used_once(matmul))) return {};
    made = quantized_matmul(graph, *inner, bias, stored, y);
  }
  if (made) made->outputs = {output};
  return made;
}

std::optional<Node> quantized_affine(const QuantizedGraph& graph, const Node& source, const ResultBounds& bounds,
                                     const QuantizedTensor& y, ValueId output) {
  if (!dynamic_cast<const BatchNormOp*>(source.op.get())) return {};
  const auto x = graph.dequantized_activation(source.inputs[0]);
  const auto affine = x ? channel_affine(graph.graph(), source, source.inputs[0], 1) : std::nullopt;
  if (!affine) return {};
  const auto floats = [&](const char* name, const std::vector<double>& numbers) {
    const std::vector<float> rounded(numbers.begin(), numbers.end());
    const Shape shape{static_cast<int64_t>(rounded.size())};
    return add_constant(graph.graph(), source.name + name, tensor_of<float>(shape, std::span<const float>(rounded)));
  };
  return Node{source.name,
              std::make_shared<QuantizedAffineOp>(bounds),
              {x->x, x->scale, x->zero, floats("/scale", affine->scale), floats("/shift", affine->shift), y.scale,
               graph.zero_value(y)},
              {output}};
}

}  // namespace cnn
