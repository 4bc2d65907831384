// SPDX-License-Identifier: MIT
#include <cmath>
#include <numbers>
#include <numeric>

#include "engine/ops/quantized.h"
#include "engine/ops/quantized_pair.h"
#include "engine/ops/quantized_table.h"

namespace cnn {
namespace {

/// Functions without a finite formula in double precision: a value that is almost half-way between two bytes rounds to the
/// nearer one.
float activated(const Activation& activation, float x) {
  const double wide = x;
  const float alpha = activation.alpha, beta = activation.beta;
  switch (activation.kind) {
    case ActivationKind::None:
      return x;
    case ActivationKind::Relu:
      return std::max(0.0f, x);
    case ActivationKind::LeakyRelu:
      return x >= 0 ? x : alpha * x;
    case ActivationKind::Clip:
      return std::min(beta, std::max(alpha, x));
    case ActivationKind::HardSwish:
      return x * std::max(0.0f, std::min(1.0f, x / 6 + 0.5f));
    case ActivationKind::HardSigmoid:
      return std::max(0.0f, std::min(1.0f, alpha * x + beta));
    case ActivationKind::Sigmoid:
      return static_cast<float>(1 / (1 + std::exp(-wide)));
    case ActivationKind::Tanh:
      return static_cast<float>(std::tanh(wide));
    case ActivationKind::Erf:
      return static_cast<float>(std::erf(wide));
    case ActivationKind::Gelu:
      return static_cast<float>(wide / 2 * (1 + std::erf(wide * std::numbers::sqrt2 / 2)));
    case ActivationKind::Swish:
      return static_cast<float>(wide / (1 + std::exp(-wide)));
  }
  return x;
}

}  // namespace

Result<std::vector<TensorType>> QuantizedUnaryOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(x, quantized_input(inputs, 0, 1, 2, 0, "x"));
  CNN_TRY(type, quantized_output(inputs, 3, 4, x.dtype));
  return std::vector<TensorType>{{type, x.shape}};
}

Result<std::unique_ptr<Step>> QuantizedUnaryOp::plan(const PlanContext& context) const {
  return plan_table(context, [from = context.inputs[0]->dtype, to = context.outputs[0].dtype,
                              activation = activation_](std::span<const void* const> inputs) {
    return table_of(QuantizedScale(inputs, 1, 2, from), QuantizedScale(inputs, 3, 4, to),
                    [&](float x) { return activated(activation, x); });
  });
}

Result<std::vector<TensorType>> QuantizedGateOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(x, quantized_input(inputs, 0, 1, 2, 0, "x"));
  CNN_TRY(gate, quantized_output(inputs, 3, 4, x.dtype));
  CNN_TRY(type, quantized_output(inputs, 9, 10, x.dtype));
  if (gate != x.dtype || type != x.dtype)
    return error(ErrorCode::InvalidModel, "x is ", to_string(x.dtype), ", its gate ", to_string(gate), " and y ",
                 to_string(type));
  return std::vector<TensorType>{{type, x.shape}};
}

Result<std::unique_ptr<Step>> QuantizedGateOp::plan(const PlanContext& context) const {
  return plan_table(context, [type = context.outputs[0].dtype, activation = activation_,
                              bounds = bounds_](std::span<const void* const> inputs) {
    const ByteTable gates = table_of(QuantizedScale(inputs, 1, 2, type), QuantizedScale(inputs, 3, 4, type),
                                     [&](float x) { return activated(activation, x); });
    ByteTable bytes, products;
    std::iota(bytes.begin(), bytes.end(), uint8_t{0});
    QpairArguments pairs =
        numbers_of_pair(type, true, {inputs, 5, 6, type}, {inputs, 7, 8, type}, {inputs, 9, 10, type}, bounds);
    pairs.a = bytes.data(), pairs.b = gates.data(), pairs.y = products.data();
    pairs.b_step = 1;
    pairs.count = 256;
    combine_qpairs(pairs);
    return products;
  });
}

}  // namespace cnn
