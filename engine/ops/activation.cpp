// SPDX-License-Identifier: MIT
#include "engine/ops/activation.h"

#include <cmath>

#include "engine/kernels/elementwise.h"
#include "engine/kernels/elementwise_integer.h"
#include "engine/ops/activation_rows.h"
#include "engine/ops/broadcast.h"

namespace cnn {
namespace {

using A = ActivationKind;

float softplus(float x, float, float) { return std::fmax(x, 0.0f) + std::log1p(std::exp(-std::fabs(x))); }

// Named, because GCC 12 takes a > inside a lambda for the end of the template's arguments.
float thresholded(float x, float alpha, float) { return x > alpha ? x : 0.0f; }

template <class T>
T shrunk(T x, float bias, float lambd) {
  const double value = static_cast<double>(x);
  const double result = value < -lambd ? value + bias : value > lambd ? value - bias : 0.0;
  if constexpr (std::is_floating_point_v<T>)
    return static_cast<T>(result);
  else
    return saturated<T>(result);
}

constexpr UnaryOp::Kind activation_kinds[] = {
    {"Relu", 1, A::Relu, on_types<[](auto x, float, float) { return x < 0 ? decltype(x){0} : x; }, signed_number>},
    {"LeakyRelu", 1, A::LeakyRelu, nullptr, "alpha", 0.01f},
    {"HardSwish", 14, A::HardSwish, nullptr},
    {"HardSigmoid", 1, A::HardSigmoid, nullptr, "alpha", 0.2f, "beta", 0.5f},
    {"Sigmoid", 1, A::Sigmoid, nullptr},
    {"Tanh", 1, A::Tanh, nullptr},
    {"Swish", 24, A::None, on_float<[](float x, float alpha, float) { return x / (1 + std::exp(-alpha * x)); }>,
     "alpha", 1.0f},
    {"Elu", 1, A::None, on_float<[](float x, float alpha, float) { return x < 0 ? alpha * std::expm1(x) : x; }>,
     "alpha", 1.0f},
    {"Selu", 1, A::None,
     on_float<[](float x, float alpha, float gamma) { return gamma * (x <= 0 ? alpha * std::expm1(x) : x); }>, "alpha",
     1.67326319217681884765625f, "gamma", 1.05070102214813232421875f},
    {"Celu", 12, A::None,
     on_float<[](float x, float alpha, float) { return x < 0 ? alpha * std::expm1(x / alpha) : x; }>, "alpha", 1.0f},
    {"ThresholdedRelu", 10, A::None, on_float<thresholded>, "alpha", 1.0f},
    {"Shrink", 9, A::None, on_types<[](auto x, float bias, float lambd) { return shrunk(x, bias, lambd); }, any_number>,
     "bias", 0.0f, "lambd", 0.5f},
    {"Mish", 18, A::None, on_float<[](float x, float, float) { return x * std::tanh(softplus(x, 0, 0)); }>},
    {"Softplus", 1, A::None, on_float<softplus>},
    {"Softsign", 1, A::None, on_float<[](float x, float, float) { return x / (1 + std::fabs(x)); }>},
};

constexpr UnaryOp::Kind gelu_kind = {"Gelu", 20, A::Gelu, nullptr};
constexpr UnaryOp::Kind gelu_tanh_kind = {"Gelu", 20, A::None, on_float<[](float x, float, float) {
                                            return 0.5f * x *
                                                   (1 + std::tanh(0.79788456080286536f * (x + 0.044715f * x * x * x)));
                                          }>};

const UnaryOp::Kind* find_kind(std::string_view type) {
  for (const auto kinds : {std::span<const UnaryOp::Kind>(activation_kinds), math_kinds()})
    for (const UnaryOp::Kind& kind : kinds)
      if (kind.type == type) return &kind;
  return nullptr;
}

/// Attributes that count as numbers may be integers (IsInf).
Result<float> number(const Attributes& attributes, std::string_view name, float fallback) {
  if (name.empty()) return fallback;
  if (auto whole = attributes.integer(name, static_cast<int64_t>(fallback)); whole && attributes.has(name))
    return static_cast<float>(*whole);
  return attributes.real(name, fallback);
}

Result<std::shared_ptr<const Op>> parse_unary(const NodeSource& node) {
  const UnaryOp::Kind* found = find_kind(node.type);
  if (!found) return error(ErrorCode::Unsupported, "no such operator");
  CNN_TRY(alpha, number(node.attributes, found->alpha_name, found->alpha));
  CNN_TRY(beta, number(node.attributes, found->beta_name, found->beta));
  UnaryOp::Kind kind = *found;
  if (kind.type == "Swish" && alpha == 1) kind.activation = A::Swish;
  return {std::make_shared<UnaryOp>(kind, alpha, beta)};
}

Result<std::shared_ptr<const Op>> parse_gelu(const NodeSource& node) {
  CNN_TRY(stated, node.attributes.text("approximate", "none"));
  const std::string_view approximate = stated;
  if (approximate != "none" && approximate != "tanh")
    return error(ErrorCode::InvalidModel, "approximate is \"", approximate, "\", none or tanh is needed");
  return {std::make_shared<UnaryOp>(approximate == "tanh" ? gelu_tanh_kind : gelu_kind, 0.0f, 0.0f)};
}

Result<std::shared_ptr<const Op>> parse_clip(const NodeSource& node) {
  CNN_TRY(low, node.attributes.real("min", std::numeric_limits<float>::lowest()));
  CNN_TRY(high, node.attributes.real("max", std::numeric_limits<float>::max()));
  return {std::make_shared<ClipOp>(low, high, node.opset >= 11)};
}

Result<std::shared_ptr<const Op>> parse_prelu(const NodeSource& node) {
  return {std::make_shared<PReluOp>(node.opset < 7 ? std::optional<int64_t>(1) : std::nullopt)};
}

Result<std::shared_ptr<const Op>> parse_swiglu(const NodeSource& node) {
  CNN_TRY(alpha, node.attributes.real("alpha", 1));
  return {std::make_shared<SwiGLUOp>(alpha)};
}

}  // namespace

bool UnaryOp::supports(DataType type) const {
  return (type == DataType::Float32 && kind_.activation != A::None) || (kind_.function && kind_.function(type));
}

Result<std::vector<TensorType>> UnaryOp::infer(std::span<const InputInfo> inputs) const {
  CNN_CHECK(need_inputs(inputs, 1));
  if (inputs.size() > 1) return error(ErrorCode::InvalidModel, inputs.size(), " inputs, 1 is needed");
  const TensorType& input = inputs[0].type;
  if (!supports(input.dtype)) return error(ErrorCode::Unsupported, to_string(input.dtype), " input is not supported");
  CNN_CHECK(broadcast_shapes(input.shape, input.shape));
  return std::vector<TensorType>{{kind_.makes_bool ? DataType::Bool : input.dtype, input.shape}};
}

Result<std::unique_ptr<Step>> UnaryOp::plan(const PlanContext& context) const {
  const DataType type = context.inputs[0]->dtype;
  const bool by_vectors = type == DataType::Float32 && kind_.activation != A::None;
  const UnaryFunction function = by_vectors ? nullptr : kind_.function(type);
  return make_step(
      [function, activation = activation(), loop = broadcast_loop(context),
       addresses = OperandAddresses(context)](const StepArguments& arguments) {
        const void* x = addresses.get<void>(arguments, 0);
        void* out = arguments.output<void>(0);
        arguments.workers.parallel_for(loop.total(), elementwise_grain, [&](int64_t begin, int64_t end) {
          if (function)
            function(loop, begin, end, out, x, activation.alpha, activation.beta);
          else
            activate_f32(activation, loop, begin, end, static_cast<float*>(out), static_cast<const float*>(x));
        });
      },
      by_vectors ? "vectors" : "generic");
}

std::shared_ptr<const Op> gelu_op() { return std::make_shared<UnaryOp>(gelu_kind, 0.0f, 0.0f); }

std::optional<Activation> fusable_activation(const Graph& graph, const Node& node) {
  if (node.inputs.empty() || node.inputs[0] == no_value || graph.value(node.inputs[0]).type.dtype != DataType::Float32)
    return std::nullopt;
  if (const auto* clip = dynamic_cast<const ClipOp*>(node.op.get())) return clip->activation(graph, node);
  const auto* unary = dynamic_cast<const UnaryOp*>(node.op.get());
  if (!unary || unary->activation().kind == A::None) return std::nullopt;
  return unary->activation();
}

std::span<const OpEntry> activation_entries() {
  static const std::vector<OpEntry> entries = [] {
    std::vector<OpEntry> rows = {{"", "Gelu", 20, parse_gelu},
                                 {"", "Clip", 1, parse_clip},
                                 {"", "PRelu", 1, parse_prelu},
                                 {"", "SwiGLU", 28, parse_swiglu},
                                 {"com.microsoft", "Gelu", 1, parse_gelu}};
    for (const auto kinds : {std::span<const UnaryOp::Kind>(activation_kinds), math_kinds()})
      for (const UnaryOp::Kind& kind : kinds) rows.push_back({"", kind.type, kind.since_version, parse_unary});
    return rows;
  }();
  return entries;
}

}  // namespace cnn
