// SPDX-License-Identifier: MIT
#pragma once

#include "engine/base/limits.h"
#include "engine/graph/op.h"

namespace cnn {

/// Mixed into operators whose output is known from the types (and constants) of their inputs: it becomes a constant.
struct KnownFromTypes {
  virtual ~KnownFromTypes() = default;
  /// The one output. infer() has accepted `inputs`.
  virtual Result<Tensor> value(std::span<const InputInfo> inputs) const = 0;
};

/// A constant that a small model file can ask for: Unsupported above `most_bytes`, because nothing in the file
/// pays for its size. Zero-filled.
Result<NewTensor> generated(DataType dtype, Shape shape, int64_t most_bytes = max_unfolded_bytes);

/// Parent of such operators: infer() and plan() come from value().
class KnownOp : public Op, public KnownFromTypes {
 public:
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;
};

/// https://onnx.ai/onnx/operators/onnx__Constant.html
class ConstantOp final : public KnownOp {
 public:
  explicit ConstantOp(Tensor tensor) : tensor_(std::move(tensor)) {}
  std::string_view type() const override { return "Constant"; }
  Result<Tensor> value(std::span<const InputInfo>) const override { return tensor_; }

 private:
  Tensor tensor_;
};

/// https://onnx.ai/onnx/operators/onnx__ConstantOfShape.html
class ConstantOfShapeOp final : public KnownOp {
 public:
  /// `element` holds one element.
  explicit ConstantOfShapeOp(Tensor element) : element_(std::move(element)) {}
  std::string_view type() const override { return "ConstantOfShape"; }
  Result<Tensor> value(std::span<const InputInfo> inputs) const override;

 private:
  Tensor element_;
};

/// https://onnx.ai/onnx/operators/onnx__Range.html: start, limit and delta must be known when the model is opened.
class RangeOp final : public KnownOp {
 public:
  std::string_view type() const override { return "Range"; }
  Result<Tensor> value(std::span<const InputInfo> inputs) const override;
};

/// https://onnx.ai/onnx/operators/onnx__Shape.html: int64 extents from `start` up to `end`, both clamped.
class ShapeOp final : public KnownOp {
 public:
  ShapeOp(int64_t start, int64_t end) : start_(start), end_(end) {}
  std::string_view type() const override { return "Shape"; }
  Result<Tensor> value(std::span<const InputInfo> inputs) const override;

 private:
  int64_t start_;
  int64_t end_;
};

/// https://onnx.ai/onnx/operators/onnx__Size.html
class SizeOp final : public KnownOp {
 public:
  std::string_view type() const override { return "Size"; }
  Result<Tensor> value(std::span<const InputInfo> inputs) const override;
};

/// https://onnx.ai/onnx/operators/onnx__EyeLike.html: ones on diagonal k of a matrix of the input's shape.
class EyeLikeOp final : public KnownOp {
 public:
  /// `onnx_type` is a TensorProto.DataType; 0 stands for the type of the input.
  EyeLikeOp(int64_t diagonal, int64_t onnx_type) : diagonal_(diagonal), onnx_type_(onnx_type) {}
  std::string_view type() const override { return "EyeLike"; }
  Result<Tensor> value(std::span<const InputInfo> inputs) const override;

 private:
  int64_t diagonal_;
  int64_t onnx_type_;
};

/// https://onnx.ai/onnx/operators/onnx__NonZero.html of an input that is known when the model is opened: the number of
/// results depends on the data.
class NonZeroOp final : public KnownOp {
 public:
  std::string_view type() const override { return "NonZero"; }
  Result<Tensor> value(std::span<const InputInfo> inputs) const override;
};

}  // namespace cnn
