// SPDX-License-Identifier: MIT
#pragma once

#include "engine/graph/op.h"

namespace cnn {

/// https://onnx.ai/onnx/operators/onnx__CumSum.html, https://onnx.ai/onnx/operators/onnx__CumProd.html: running sums or
/// products along an axis, which is input 1 and must be known when the model is opened. Integers wrap.
class CumulativeOp final : public Op {
 public:
  struct Settings {
    bool product = false;
    bool exclusive = false;
    bool reverse = false;
  };
  explicit CumulativeOp(Settings settings) : settings_(settings) {}
  std::string_view type() const override { return settings_.product ? "CumProd" : "CumSum"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  Settings settings_;
};

}  // namespace cnn
