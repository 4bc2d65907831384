// SPDX-License-Identifier: MIT
#pragma once

#include "engine/graph/op.h"
#include "engine/kernels/softmax.h"

namespace cnn {

/// Softmax, LogSoftmax and Hardmax of Float32. Before opset 13 the input counts as a matrix: the axes before `axis`
/// (default 1) are rows and all others are normalised together; from 13 on `axis` alone (default -1).
/// https://onnx.ai/onnx/operators/onnx__Softmax.html
class SoftmaxOp final : public Op {
 public:
  SoftmaxOp(std::string_view type, SoftmaxKind kind, int64_t axis, bool as_matrix)
      : type_(type), kind_(kind), axis_(axis), as_matrix_(as_matrix) {}
  SoftmaxKind kind() const { return kind_; }
  /// As the model states it: negative counts from the end.
  int64_t axis() const { return axis_; }
  bool as_matrix() const { return as_matrix_; }
  std::string_view type() const override { return type_; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return as_matrix_ ? LayoutRule::Plain : LayoutRule::Any; }
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  std::string_view type_;
  SoftmaxKind kind_;
  int64_t axis_;
  bool as_matrix_;
};

std::span<const OpEntry> softmax_entries();

}  // namespace cnn
