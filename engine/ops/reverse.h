// SPDX-License-Identifier: MIT
#pragma once

#include "engine/graph/op.h"

namespace cnn {

/// https://onnx.ai/onnx/operators/onnx__ReverseSequence.html: of x [time, batch, ...] or [batch, time, ...] the first
/// lengths[b] steps of every sequence b stand in reverse. Lengths may come at run time, where they are clamped to the
/// axis.
class ReverseSequenceOp final : public Op {
 public:
  /// 0 and 1 or 1 and 0.
  ReverseSequenceOp(int batch_axis, int time_axis) : batch_axis_(batch_axis), time_axis_(time_axis) {}
  std::string_view type() const override { return "ReverseSequence"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  int batch_axis_, time_axis_;
};

}  // namespace cnn
