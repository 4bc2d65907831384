// SPDX-License-Identifier: MIT
#pragma once

#include "engine/graph/op.h"

namespace cnn {

/// Operators whose output is the memory of their input under another shape. Nothing runs.

/// Parent of the views: plan() copies, for backends that need the bytes elsewhere.
class ShapeViewOp : public Op {
 public:
  bool is_view() const override { return true; }
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;
};

/// https://onnx.ai/onnx/operators/onnx__Reshape.html from opset 5. The target shape must be known when the model is opened.
class ReshapeOp final : public ShapeViewOp {
 public:
  explicit ReshapeOp(bool allow_zero) : allow_zero_(allow_zero) {}
  std::string_view type() const override { return "Reshape"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  bool allow_zero() const { return allow_zero_; }

 private:
  bool allow_zero_;
};

/// The shape that Reshape gives to `input` for `target`: 0 keeps the extent (unless allow_zero), one -1 takes what is left.
Result<Shape> reshaped(const Shape& input, std::span<const int64_t> target, bool allow_zero);

/// https://onnx.ai/onnx/operators/onnx__Flatten.html: [product before axis, product from axis on].
class FlattenOp final : public ShapeViewOp {
 public:
  explicit FlattenOp(int64_t axis) : axis_(axis) {}
  std::string_view type() const override { return "Flatten"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  /// As the model states it: may be negative, may be the rank.
  int64_t axis() const { return axis_; }

 private:
  int64_t axis_;
};

/// https://onnx.ai/onnx/operators/onnx__Squeeze.html, https://onnx.ai/onnx/operators/onnx__Unsqueeze.html: axes are an
/// attribute below opset 13 and input 1 from 13 on.
class SqueezeOp final : public ShapeViewOp {
 public:
  explicit SqueezeOp(std::vector<int64_t> axes) : axes_(std::move(axes)) {}
  std::string_view type() const override { return "Squeeze"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;

 private:
  std::vector<int64_t> axes_;
};

class UnsqueezeOp final : public ShapeViewOp {
 public:
  explicit UnsqueezeOp(std::vector<int64_t> axes) : axes_(std::move(axes)) {}
  std::string_view type() const override { return "Unsqueeze"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;

 private:
  std::vector<int64_t> axes_;
};

/// https://onnx.ai/onnx/operators/onnx__Identity.html
class IdentityOp final : public ShapeViewOp {
 public:
  std::string_view type() const override { return "Identity"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return LayoutRule::Any; }
};

}  // namespace cnn
