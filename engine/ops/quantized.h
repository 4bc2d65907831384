// SPDX-License-Identifier: MIT
#pragma once

#include "engine/graph/op.h"
#include "engine/ops/conv.h"

namespace cnn {

/// Where a product of two quantised tensors finds its inputs; -1: the operator has none. a is x or a, b the weights or
/// b. Without y's scale the result is int32, or float32 where a and b have scales.
struct QuantizedInputs {
  int a = -1, a_scale = -1, a_zero = -1, b = -1, b_scale = -1, b_zero = -1, y_scale = -1, y_zero = -1, bias = -1;
  bool makes_integers() const { return y_scale < 0 && a_scale < 0; }
  bool makes_floats() const { return y_scale < 0 && a_scale >= 0; }
};

/// What passes have fused into a product: bounds of its results, in the numbers that are stored. None, one, or one for
/// each output channel.
struct ResultBounds {
  std::vector<float> low, high;

  float low_of(int64_t output, float none) const { return of(low, output, none); }
  float high_of(int64_t output, float none) const { return of(high, output, none); }

 private:
  static float of(const std::vector<float>& bounds, int64_t output, float none) {
    return bounds.empty() ? none : bounds[bounds.size() == 1 ? 0 : static_cast<size_t>(output)];
  }
};

/// QLinearConv and ConvInteger: int8 or uint8, sums in int32; the result is that, or rounded to the nearest (ties to
/// even) after multiplication with float(x_scale * w_scale / y_scale). Scales of the weights: one, or one for each
/// output channel. https://onnx.ai/onnx/operators/onnx__QLinearConv.html, onnx__ConvInteger.html
class QuantizedConvOp final : public Op {
 public:
  QuantizedConvOp(std::string_view type, ConvAttributes attributes, const QuantizedInputs& at, ResultBounds bounds = {})
      : type_(type), attributes_(std::move(attributes)), at_(at), bounds_(std::move(bounds)) {}
  const ConvAttributes& attributes() const { return attributes_; }
  const QuantizedInputs& at() const { return at_; }
  const ResultBounds& bounds() const { return bounds_; }
  std::string_view type() const override { return type_; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return LayoutRule::ChannelsLast; }
  bool accepts_pixel_stride() const override { return true; }
  int64_t macs(std::span<const InputInfo> inputs, std::span<const TensorType> outputs) const override;
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  std::string_view type_;
  ConvAttributes attributes_;
  QuantizedInputs at_;
  ResultBounds bounds_;
};

/// QLinearMatMul and MatMulInteger, as QuantizedConvOp; a has one zero point and scale or one a row, b one or one a
/// column. https://onnx.ai/onnx/operators/onnx__QLinearMatMul.html, onnx__MatMulInteger.html
/// Passes may add a bias of int32 [columns], bounds and a float32 result where b is one matrix and a has one scale and
/// zero point; com.microsoft QGemm is such a product, and with `turned` its b is [columns, depth].
class QuantizedMatMulOp final : public Op {
 public:
  QuantizedMatMulOp(std::string_view type, const QuantizedInputs& at, ResultBounds bounds = {}, bool turned = false)
      : type_(type), at_(at), bounds_(std::move(bounds)), turned_(turned) {}
  bool turned() const { return turned_; }
  const QuantizedInputs& at() const { return at_; }
  const ResultBounds& bounds() const { return bounds_; }
  std::string_view type() const override { return type_; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  int64_t macs(std::span<const InputInfo> inputs, std::span<const TensorType> outputs) const override;
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  std::string_view type_;
  QuantizedInputs at_;
  ResultBounds bounds_;
  bool turned_;
};

/// com.microsoft QLinearAdd and QLinearMul with NumPy broadcasting: a, its scale and zero point, b the same, y the
/// same. https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
class QuantizedPairOp final : public Op {
 public:
  /// `bounds`: none or one, from passes.
  explicit QuantizedPairOp(bool multiplies, ResultBounds bounds = {})
      : multiplies_(multiplies), bounds_(std::move(bounds)) {}
  bool multiplies() const { return multiplies_; }
  const ResultBounds& bounds() const { return bounds_; }
  std::string_view type() const override { return multiplies_ ? "QLinearMul" : "QLinearAdd"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return LayoutRule::Any; }
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  bool multiplies_;
  ResultBounds bounds_;
};

/// com.microsoft QLinearSigmoid and QLinearLeakyRelu, and what passes make of other functions of one number: a table of
/// 256 results. x, its scale and zero point, y's.
class QuantizedUnaryOp final : public Op {
 public:
  QuantizedUnaryOp(std::string_view type, const Activation& activation) : type_(type), activation_(activation) {}
  const Activation& activation() const { return activation_; }
  std::string_view type() const override { return type_; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return LayoutRule::Any; }
  bool accepts_pixel_stride() const override { return true; }
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  std::string_view type_;
  Activation activation_;
};

/// What passes make of a QuantizedUnaryOp and the product of its input with its result: a table with both roundings.
/// The first's inputs, then the product's scales and zero points: x, gate, y.
class QuantizedGateOp final : public Op {
 public:
  QuantizedGateOp(const Activation& activation, ResultBounds bounds)
      : activation_(activation), bounds_(std::move(bounds)) {}
  std::string_view type() const override { return "QLinearGate"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return LayoutRule::Any; }
  bool accepts_pixel_stride() const override { return true; }
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  Activation activation_;
  ResultBounds bounds_;
};

/// What passes make of a BatchNormalization between quantised tensors: x scale[c] + shift[c] in y's numbers. x, its
/// scale and zero point, scale and shift [c] in Float32, y's scale and zero point; all but x constants.
class QuantizedAffineOp final : public Op {
 public:
  explicit QuantizedAffineOp(ResultBounds bounds) : bounds_(std::move(bounds)) {}
  std::string_view type() const override { return "QLinearAffine"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return LayoutRule::ChannelsLast; }
  bool accepts_pixel_stride() const override { return true; }
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  ResultBounds bounds_;
};

/// com.microsoft QLinearAveragePool and QLinearGlobalAveragePool: x, its scale and zero point, y's. With channels_last
/// the shapes are [n, spatial..., c].
class QuantizedPoolOp final : public Op {
 public:
  QuantizedPoolOp(PoolWindow window, bool count_include_pad, bool channels_last)
      : window_(std::move(window)), count_include_pad_(count_include_pad), channels_last_(channels_last) {}
  const PoolWindow& window() const { return window_; }
  bool has_channels_last() const { return channels_last_; }
  std::string_view type() const override { return window_.global ? "QLinearGlobalAveragePool" : "QLinearAveragePool"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return channels_last_ ? LayoutRule::Plain : LayoutRule::ChannelsLast; }
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  PoolWindow window_;
  bool count_include_pad_, channels_last_;
};

/// com.microsoft QLinearConcat: y's scale and zero point, then tensor, scale and zero point in turn.
class QuantizedConcatOp final : public Op {
 public:
  explicit QuantizedConcatOp(int64_t axis) : axis_(axis) {}
  std::string_view type() const override { return "QLinearConcat"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  int64_t axis_;
};

std::span<const OpEntry> quantized_entries();

}  // namespace cnn
