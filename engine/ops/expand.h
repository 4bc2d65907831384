// SPDX-License-Identifier: MIT
#pragma once

#include "engine/graph/op.h"

namespace cnn {

/// https://onnx.ai/onnx/operators/onnx__Expand.html: broadcasts both ways. The shape must be known when the model is opened.
class ExpandOp final : public Op {
 public:
  std::string_view type() const override { return "Expand"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return LayoutRule::Any; }
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;
};

/// https://onnx.ai/onnx/operators/onnx__Tile.html from opset 6. The repeats must be known when the model is opened.
class TileOp final : public Op {
 public:
  std::string_view type() const override { return "Tile"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return LayoutRule::Any; }
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;
};

/// https://onnx.ai/onnx/operators/onnx__DepthToSpace.html, https://onnx.ai/onnx/operators/onnx__SpaceToDepth.html:
/// [n, c * block^2, h, w] <-> [n, c, h * block, w * block].
class BlockDepthOp final : public Op {
 public:
  /// Whether the position within a block counts more (DCR) or less (CRD) than the channel.
  enum class Mode { DepthColumnRow, ColumnRowDepth };
  BlockDepthOp(bool to_space, int64_t block, Mode mode) : to_space_(to_space), block_(block), mode_(mode) {}
  int64_t block() const { return block_; }
  Mode mode() const { return mode_; }
  std::string_view type() const override { return to_space_ ? "DepthToSpace" : "SpaceToDepth"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return LayoutRule::Any; }
  bool accepts_pixel_stride() const override { return true; }
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  bool to_space_;
  int64_t block_;
  Mode mode_;
};

}  // namespace cnn
