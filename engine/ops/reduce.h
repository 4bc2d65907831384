// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "engine/graph/op.h"
#include "engine/kernels/reduce.h"

namespace cnn {

/// ReduceSum, ReduceMean, ReduceMax, ReduceMin, ReduceProd, ReduceL1, ReduceL2, ReduceLogSum, ReduceLogSumExp, ReduceSumSquare:
/// https://onnx.ai/onnx/operators/onnx__ReduceMean.html. Axes are an attribute below opset 18 (ReduceSum: 13) and input 1
/// from then on, which must be known when the model is opened.
class ReduceOp final : public Op {
 public:
  struct Settings {
    ReduceKind kind = ReduceKind::Sum;
    std::vector<int64_t> axes;  ///< empty: input 1 or all
    bool keep_dims = true;
    bool noop_with_empty_axes = false;
  };
  explicit ReduceOp(Settings settings) : settings_(std::move(settings)) {}
  std::string_view type() const override;
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return settings_.keep_dims ? LayoutRule::Any : LayoutRule::Plain; }
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;
  ReduceKind kind() const { return settings_.kind; }
  bool keep_dims() const { return settings_.keep_dims; }
  /// Which logical axes of input 0 are reduced.
  CNN_API Result<std::vector<bool>> reduced_axes(std::span<const InputInfo> inputs) const;

 private:
  Settings settings_;
};

}  // namespace cnn
