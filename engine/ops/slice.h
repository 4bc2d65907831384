// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "engine/graph/op.h"

namespace cnn {

/// https://onnx.ai/onnx/operators/onnx__Slice.html: attributes below opset 10, inputs from 10 on, which must be known when
/// the model is opened.
class SliceOp final : public Op {
 public:
  struct Bounds {
    std::vector<int64_t> starts, ends, axes, steps;  ///< axes, steps empty: all in order, 1
  };
  /// What is taken of one axis: `count` elements from `start` on, `step` apart.
  struct Window {
    int64_t start = 0, count = 0, step = 1;
  };

  /// nullopt: bounds are inputs 1..4.
  explicit SliceOp(std::optional<Bounds> bounds) : bounds_(std::move(bounds)) {}
  std::string_view type() const override { return "Slice"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return LayoutRule::Any; }
  bool accepts_pixel_stride() const override { return true; }
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;
  /// One window per axis of input 0, clamped to its extents.
  CNN_API Result<std::vector<Window>> windows(std::span<const InputInfo> inputs) const;

 private:
  std::optional<Bounds> bounds_;
};

}  // namespace cnn
