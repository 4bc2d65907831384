// SPDX-License-Identifier: MIT
#include "engine/ops/activation.h"

#include "engine/cuda/elementwise.cuh"
#include "engine/cuda/kernels/functions.h"
#include "engine/cuda/lined_up.h"

namespace cnn::cuda {
namespace {

using Planned = Result<std::unique_ptr<Step>>;

template <class F>
Planned plan_unary(const PlanContext& context, const F& f) {
  return plan_elementwise<F, 1>(context, f, {*context.inputs[0]}, {0});
}

Status need_float(const PlanContext& context) {
  if (context.inputs[0]->dtype == DataType::Float32) return {};
  return context.unsupported("it is not of floats");
}

Planned plan_activation(const PlanContext& context) {
  CNN_CHECK(need_float(context));
  return plan_unary(context, ActivationFunction{static_cast<const UnaryOp&>(context.op).activation()});
}

struct MathRow {
  std::string_view type;
  MathKind kind;
};
constexpr MathRow math[] = {
    {"Swish", MathKind::Swish},   {"Elu", MathKind::Elu},
    {"Selu", MathKind::Selu},     {"Celu", MathKind::Celu},
    {"Shrink", MathKind::Shrink}, {"ThresholdedRelu", MathKind::ThresholdedRelu},
    {"Mish", MathKind::Mish},     {"Softplus", MathKind::Softplus},
    {"Gelu", MathKind::Gelu},     {"Softsign", MathKind::Softsign},
    {"Exp", MathKind::Exp},       {"Log", MathKind::Log},
    {"Sqrt", MathKind::Sqrt},     {"Reciprocal", MathKind::Reciprocal},
    {"Abs", MathKind::Abs},       {"Neg", MathKind::Neg},
    {"Sign", MathKind::Sign},     {"Floor", MathKind::Floor},
    {"Ceil", MathKind::Ceil},     {"Round", MathKind::Round},
    {"Sin", MathKind::Sin},       {"Cos", MathKind::Cos},
    {"Tan", MathKind::Tan},       {"Asin", MathKind::Asin},
    {"Acos", MathKind::Acos},     {"Atan", MathKind::Atan},
    {"Sinh", MathKind::Sinh},     {"Cosh", MathKind::Cosh},
    {"Asinh", MathKind::Asinh},   {"Acosh", MathKind::Acosh},
    {"Atanh", MathKind::Atanh},
};

Planned plan_math(const PlanContext& context) {
  CNN_CHECK(need_float(context));
  const Activation f = static_cast<const UnaryOp&>(context.op).activation();
  if (f.kind != ActivationKind::None) return plan_activation(context);
  for (const MathRow& row : math)
    if (row.type == context.op.type()) return plan_unary(context, MathFunction{row.kind, f.alpha, f.beta});
  return context.unsupported("no kernel computes it");
}

Planned plan_special(const PlanContext& context) {
  CNN_CHECK(need_float(context));
  const Activation f = static_cast<const UnaryOp&>(context.op).activation();
  const bool nan = context.op.type() == "IsNaN";
  return plan_unary(context, SpecialFunction{nan, !nan && f.alpha != 0, !nan && f.beta != 0});
}

Planned plan_clip(const PlanContext& context) {
  CNN_CHECK(need_float(context));
  const auto& op = static_cast<const ClipOp&>(context.op);
  Activation bounds = op.stated_bounds();
  bool known = true;
  for (size_t i = 1; op.from_inputs() && i < 3; ++i) {
    if (!context.has_input(i)) continue;
    const Tensor* constant = context.constant(i);
    known = known && constant;
    if (constant) (i == 1 ? bounds.alpha : bounds.beta) = constant->values<float>()[0];
  }
  if (known) return plan_unary(context, ActivationFunction{bounds});
  if (!context.has_input(1) || !context.has_input(2)) return context.unsupported("one of its bounds is computed");
  // Of whatever rank, a bound is one element.
  const TensorDesc scalar{DataType::Float32, {}};
  return plan_elementwise<BoundsFunction, 3>(context, {}, {*context.inputs[0], scalar, scalar}, {0, 1, 2});
}

Planned plan_prelu(const PlanContext& context) {
  CNN_CHECK(need_float(context));
  CNN_TRY(slope, lined_up(context, static_cast<const PReluOp&>(context.op).first_axis()));
  return plan_elementwise<PairFunction, 2>(context, {PairKind::Slope}, {*context.inputs[0], slope}, {0, 1});
}

Planned plan_swiglu(const PlanContext& context) {
  CNN_CHECK(need_float(context));
  return plan_elementwise<GateFunction, 2>(context, {static_cast<const SwiGLUOp&>(context.op).alpha()},
                                           {*context.inputs[0], *context.inputs[1]}, {0, 1});
}

}  // namespace

std::span<const OpEntry> activation_entries() {
  static const std::vector<OpEntry> entries = [] {
    std::vector<OpEntry> rows = {
        {"Clip", plan_clip}, {"PRelu", plan_prelu}, {"IsNaN", plan_special}, {"IsInf", plan_special},
        {"SwiGLU", plan_swiglu}};
    for (std::string_view type : {"Relu", "LeakyRelu", "HardSwish", "HardSigmoid", "Sigmoid", "Tanh", "Erf"})
      rows.push_back({type, plan_activation});
    for (const MathRow& row : math) rows.push_back({row.type, plan_math});
    return rows;
  }();
  return entries;
}

}  // namespace cnn::cuda
