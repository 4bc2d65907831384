// SPDX-License-Identifier: MIT
#pragma once

#include "engine/graph/op.h"

namespace cnn {

/// y [n, c, spatial of the grid] takes x [n, c, 1 to 3 spatial axes] at the places that the grid [n, spatial..., axes]
/// names: coordinates from -1 to 1, x's last axis first. Numbers of every type; sums of integers are cut off.
/// https://onnx.ai/onnx/operators/onnx__GridSample.html
class GridSampleOp final : public Op {
 public:
  enum class Mode { Nearest, Linear, Cubic };
  enum class Outside { Zeros, Border, Reflection };
  struct Settings {
    Mode mode = Mode::Linear;
    Outside outside = Outside::Zeros;
    bool align_corners = false;  ///< -1 and 1 are the centres of the outermost pixels, not their outer edges
  };
  explicit GridSampleOp(const Settings& settings) : settings_(settings) {}
  std::string_view type() const override { return "GridSample"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  int64_t macs(std::span<const InputInfo> inputs, std::span<const TensorType> outputs) const override;
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  Settings settings_;
};

/// grid [n, h, w, 2] or [n, d, h, w, 3] for GridSample: places spread evenly from -1 to 1, moved by theta [n, 2, 3] or
/// [n, 3, 4]. Input 1, [n, c, h, w] or [n, c, d, h, w], must be known when the model is opened.
/// https://onnx.ai/onnx/operators/onnx__AffineGrid.html
class AffineGridOp final : public Op {
 public:
  explicit AffineGridOp(bool align_corners) : align_corners_(align_corners) {}
  std::string_view type() const override { return "AffineGrid"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  bool align_corners_;
};

}  // namespace cnn
