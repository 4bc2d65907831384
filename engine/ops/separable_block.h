// SPDX-License-Identifier: MIT
#pragma once

#include "engine/ops/conv.h"

namespace cnn {

/// Two or three convolutions in a row that run as one: 1x1 (expand), depthwise, 1x1 (project), the first or the last of
/// which may be absent. Made by the pass fuse_separable from Conv nodes; no operator of ONNX. Inputs: x, then weights
/// and bias of each stage in this order of stages (absent stages have none), residual of the last stage. Weights are
/// constant.
class SeparableBlockOp final : public Op {
 public:
  struct Stages {
    std::shared_ptr<const ConvOp> expand, depthwise, project;  ///< null: absent
  };
  static constexpr size_t expand_weights = 1, depthwise_weights = 3, project_weights = 5, residual = 7, input_count = 8;

  explicit SeparableBlockOp(Stages stages) : stages_(std::move(stages)) {}
  std::string_view type() const override { return "SeparableBlock"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return LayoutRule::ChannelsLast; }
  bool accepts_pixel_stride() const override { return true; }
  int64_t macs(std::span<const InputInfo> inputs, std::span<const TensorType> outputs) const override;
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

  /// The depthwise stage's axes, which are the block's: 1x1 stages see single pixels.
  Result<std::vector<PoolAxis>> window_axes(std::span<const InputInfo> inputs) const;

 private:
  Result<TensorType> depthwise_input(std::span<const InputInfo> inputs) const;

  Stages stages_;
};

}  // namespace cnn
