// SPDX-License-Identifier: MIT
#pragma once

#include "engine/graph/op.h"

namespace cnn {

/// https://onnx.ai/onnx/operators/onnx__Split.html: part sizes are an attribute below opset 13, input 1 from 13 on, or equal
/// parts (the last one smaller from opset 18 on).
class SplitOp final : public Op {
 public:
  struct Settings {
    int64_t axis = 0;
    std::vector<int64_t> sizes;  ///< empty: input 1 or equal parts
    int64_t parts = 0;           ///< number of outputs
    bool uneven = false;         ///< whether the last of the equal parts may be smaller
  };
  explicit SplitOp(Settings settings) : settings_(std::move(settings)) {}
  std::string_view type() const override { return "Split"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return LayoutRule::Any; }
  bool accepts_pixel_stride() const override { return true; }
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;
  /// As the model states it: negative counts from the end.
  int64_t axis() const { return settings_.axis; }

 private:
  Settings settings_;
};

}  // namespace cnn
