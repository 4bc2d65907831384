// SPDX-License-Identifier: MIT
#include "engine/ops/quantized.h"

#include <limits>

#include "engine/ops/make_op.h"

namespace cnn {
namespace {

ParsedOp parse_qlinear_conv(const NodeSource& node) {
  CNN_TRY(attributes, parse_conv_attributes(node));
  return make_op<QuantizedConvOp>("QLinearConv", std::move(attributes), QuantizedInputs{0, 1, 2, 3, 4, 5, 6, 7, 8});
}

ParsedOp parse_conv_integer(const NodeSource& node) {
  CNN_TRY(attributes, parse_conv_attributes(node));
  return make_op<QuantizedConvOp>("ConvInteger", std::move(attributes),
                                  QuantizedInputs{0, -1, 2, 1, -1, 3, -1, -1, -1});
}

ParsedOp parse_qlinear_matmul(const NodeSource&) {
  return make_op<QuantizedMatMulOp>("QLinearMatMul", QuantizedInputs{0, 1, 2, 3, 4, 5, 6, 7, -1});
}

ParsedOp parse_matmul_integer(const NodeSource&) {
  return make_op<QuantizedMatMulOp>("MatMulInteger", QuantizedInputs{0, -1, 2, 1, -1, 3, -1, -1, -1});
}

/// com.microsoft QGemm: a * b + bias, where the bias is int32 with the scale of a times that of b. Without y's scale the
/// result is float32.
ParsedOp parse_qgemm(const NodeSource& node) {
  CNN_TRY(alpha, node.attributes.real("alpha", 1));
  CNN_TRY(trans_a, node.attributes.integer("transA", 0));
  CNN_TRY(trans_b, node.attributes.integer("transB", 0));
  if (alpha != 1) return error(ErrorCode::Unsupported, "alpha is ", alpha, ", only 1 is supported");
  if (trans_a != 0) return error(ErrorCode::Unsupported, "transA is ", trans_a, ", only 0 is supported");
  QuantizedInputs at{0, 1, 2, 3, 4, 5, 7, 8, 6};
  if (node.input_count < 7) at.bias = -1;
  if (node.input_count < 8) at.y_scale = at.y_zero = -1;
  return make_op<QuantizedMatMulOp>("QGemm", at, ResultBounds{}, trans_b != 0);
}

/// com.microsoft FusedConv: Conv of x, weights and bias, plus input 3, then an activation.
ParsedOp parse_fused_conv(const NodeSource& node) {
  CNN_TRY(attributes, parse_conv_attributes(node));
  CNN_TRY(name, node.attributes.text("activation", ""));
  CNN_TRY(parameters, node.attributes.reals("activation_params"));
  const auto parameter = [&](size_t i, float fallback) { return i < parameters.size() ? parameters[i] : fallback; };
  Activation& activation = attributes.activation;
  if (name == "Relu")
    activation = {ActivationKind::Relu};
  else if (name == "Sigmoid")
    activation = {ActivationKind::Sigmoid};
  else if (name == "Tanh")
    activation = {ActivationKind::Tanh};
  else if (name == "LeakyRelu")
    activation = {ActivationKind::LeakyRelu, parameter(0, 0.01f)};
  else if (name == "Clip")
    activation = {ActivationKind::Clip, parameter(0, std::numeric_limits<float>::lowest()),
                  parameter(1, std::numeric_limits<float>::max())};
  else if (name == "HardSigmoid")
    activation = {ActivationKind::HardSigmoid, parameter(0, 0.2f), parameter(1, 0.5f)};
  else if (!name.empty())
    return error(ErrorCode::Unsupported, "activation ", name, " is not supported");
  attributes.residual = node.input_count > 3;
  return make_op<ConvOp>(std::move(attributes));
}

template <bool multiplies>
ParsedOp parse_pair(const NodeSource&) {
  return make_op<QuantizedPairOp>(multiplies);
}

ParsedOp parse_sigmoid(const NodeSource&) {
  return make_op<QuantizedUnaryOp>("QLinearSigmoid", Activation{ActivationKind::Sigmoid});
}

ParsedOp parse_leaky_relu(const NodeSource& node) {
  CNN_TRY(alpha, node.attributes.real("alpha", 0.01f));
  return make_op<QuantizedUnaryOp>("QLinearLeakyRelu", Activation{ActivationKind::LeakyRelu, alpha});
}

template <bool global>
ParsedOp parse_average_pool(const NodeSource& node) {
  PoolWindow window;
  window.global = global;
  CNN_TRY(kernel, node.attributes.integers("kernel_shape"));
  CNN_TRY(strides, node.attributes.integers("strides"));
  CNN_TRY(pads, node.attributes.integers("pads"));
  CNN_TRY(auto_pad, parse_auto_pad(node.attributes));
  CNN_TRY(ceil_mode, node.attributes.integer("ceil_mode", 0));
  CNN_TRY(count_include_pad, node.attributes.integer("count_include_pad", 0));
  CNN_TRY(channels_last, node.attributes.integer("channels_last", 0));
  window.kernel = std::move(kernel);
  window.strides = std::move(strides);
  window.pads = std::move(pads);
  window.auto_pad = auto_pad;
  window.ceil_mode = ceil_mode != 0;
  return make_op<QuantizedPoolOp>(std::move(window), count_include_pad != 0, channels_last != 0);
}

ParsedOp parse_concat(const NodeSource& node) {
  if (!node.attributes.has("axis")) return error(ErrorCode::InvalidModel, "attribute axis is missing");
  CNN_TRY(axis, node.attributes.integer("axis", 0));
  return make_op<QuantizedConcatOp>(axis);
}

}  // namespace

std::span<const OpEntry> quantized_entries() {
  static constexpr OpEntry entries[] = {
      {"", "QLinearConv", 10, parse_qlinear_conv},
      {"", "ConvInteger", 10, parse_conv_integer},
      {"", "QLinearMatMul", 10, parse_qlinear_matmul},
      {"", "MatMulInteger", 10, parse_matmul_integer},
      {"com.microsoft", "FusedConv", 1, parse_fused_conv},
      {"com.microsoft", "QGemm", 1, parse_qgemm},
      {"com.microsoft", "QLinearAdd", 1, parse_pair<false>},
      {"com.microsoft", "QLinearMul", 1, parse_pair<true>},
      {"com.microsoft", "QLinearSigmoid", 1, parse_sigmoid},
      {"com.microsoft", "QLinearLeakyRelu", 1, parse_leaky_relu},
      {"com.microsoft", "QLinearAveragePool", 1, parse_average_pool<false>},
      {"com.microsoft", "QLinearGlobalAveragePool", 1, parse_average_pool<true>},
      {"com.microsoft", "QLinearConcat", 1, parse_concat},
  };
  return entries;
}

}  // namespace cnn
