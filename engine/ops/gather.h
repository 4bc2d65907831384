// SPDX-License-Identifier: MIT
#pragma once

#include "engine/graph/op.h"

namespace cnn {

/// Operators that pick or place elements by index. Indices that are known when the model is opened are checked then; others are
/// clamped at run time, so that nothing outside of a tensor is ever touched. Negative indices count from the end.

/// https://onnx.ai/onnx/operators/onnx__Gather.html
class GatherOp final : public Op {
 public:
  explicit GatherOp(int64_t axis) : axis_(axis) {}
  /// As the model states it: negative counts from the end.
  int64_t axis() const { return axis_; }
  std::string_view type() const override { return "Gather"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  int64_t axis_;
};

/// https://onnx.ai/onnx/operators/onnx__GatherElements.html
class GatherElementsOp final : public Op {
 public:
  explicit GatherElementsOp(int64_t axis) : axis_(axis) {}
  std::string_view type() const override { return "GatherElements"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  int64_t axis_;
};

/// https://onnx.ai/onnx/operators/onnx__GatherND.html
class GatherNDOp final : public Op {
 public:
  explicit GatherNDOp(int64_t batch_dims) : batch_dims_(batch_dims) {}
  std::string_view type() const override { return "GatherND"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  int64_t batch_dims_;
};

/// https://onnx.ai/onnx/operators/onnx__OneHot.html: depth must be known when the model is opened; indices outside of
/// [-depth, depth) give a row of `off`.
class OneHotOp final : public Op {
 public:
  explicit OneHotOp(int64_t axis) : axis_(axis) {}
  std::string_view type() const override { return "OneHot"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  int64_t axis_;
};

}  // namespace cnn
