// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>

#include "engine/graph/graph.h"
#include "engine/kernels/activation.h"
#include "engine/kernels/elementwise_loop.h"

namespace cnn {

/// What a row of the family computes on elements [begin, end) of a loop with operands out, x.
using UnaryFunction = void (*)(const ElementwiseLoop& loop, int64_t begin, int64_t end, void* out, const void* x,
                               float alpha, float beta);

/// Element-wise operators of one tensor, the output has its shape. https://onnx.ai/onnx/operators/ under each name.
/// What has an Activation runs by vectors and can be fused; the others by functions per element type.
class UnaryOp final : public Op {
 public:
  /// A row of the family's table.
  struct Kind {
    std::string_view type;
    int since_version;
    ActivationKind activation;            ///< None: `function` computes Float32 too
    UnaryFunction (*function)(DataType);  ///< its result is null for types that are not supported; may be null
    std::string_view alpha_name = "";     ///< attribute, empty: none
    float alpha = 0;                      ///< its default
    std::string_view beta_name = "";
    float beta = 0;
    bool makes_bool = false;
  };
  UnaryOp(const Kind& kind, float alpha, float beta) : kind_(kind), alpha_(alpha), beta_(beta) {}
  Activation activation() const { return {kind_.activation, alpha_, beta_}; }
  std::string_view type() const override { return kind_.type; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return LayoutRule::Any; }
  bool accepts_pixel_stride() const override { return true; }
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  bool supports(DataType type) const;
  Kind kind_;
  float alpha_, beta_;
};

/// Clip with bounds from attributes (opset 6) or from the optional inputs 1 and 2 (since 11), which may be computed.
class ClipOp final : public Op {
 public:
  ClipOp(float low, float high, bool from_inputs) : low_(low), high_(high), from_inputs_(from_inputs) {}
  /// The bounds where inputs 1 and 2 do not state them.
  Activation stated_bounds() const { return {ActivationKind::Clip, low_, high_}; }
  bool from_inputs() const { return from_inputs_; }
  std::string_view type() const override { return "Clip"; }
  /// The bounds when the node's inputs 1 and 2 are absent or Float32 constants.
  std::optional<Activation> activation(const Graph& graph, const Node& node) const;
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return LayoutRule::Any; }
  bool accepts_pixel_stride() const override { return true; }
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  float low_, high_;
  bool from_inputs_;
};

/// f(x) = x < 0 ? slope x : x with a slope that is broadcast to x (input 1).
class PReluOp final : public Op {
 public:
  /// `first_axis`: the axis of x that the first axis of the slope belongs to, for lined_up().
  explicit PReluOp(std::optional<int64_t> first_axis) : first_axis_(first_axis) {}
  std::optional<int64_t> first_axis() const { return first_axis_; }
  std::string_view type() const override { return "PRelu"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return LayoutRule::Any; }
  bool accepts_pixel_stride() const override { return true; }
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  std::optional<int64_t> first_axis_;
};

/// y = a sigmoid(alpha a) b of two tensors of one shape. https://onnx.ai/onnx/operators/onnx__SwiGLU.html
class SwiGLUOp final : public Op {
 public:
  explicit SwiGLUOp(float alpha) : alpha_(alpha) {}
  float alpha() const { return alpha_; }
  std::string_view type() const override { return "SwiGLU"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return LayoutRule::Any; }
  bool accepts_pixel_stride() const override { return true; }
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  float alpha_;
};

/// The function of input 0 alone that `node` computes, in the form that convolutions, dense layers and element-wise
/// kernels apply to what they store; nullopt when there is none or elements are not Float32.
std::optional<Activation> fusable_activation(const Graph& graph, const Node& node);

/// The Gelu of opset 20 with approximate "none".
std::shared_ptr<const Op> gelu_op();

/// Rows of activation_math.cpp: rounding, powers, trigonometry, tests, bits.
std::span<const UnaryOp::Kind> math_kinds();
std::span<const OpEntry> activation_entries();

}  // namespace cnn
