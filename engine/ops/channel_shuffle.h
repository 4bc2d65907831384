// SPDX-License-Identifier: MIT
#pragma once

#include "engine/graph/op.h"

namespace cnn {

/// Deals the channels of x [n, c, h, w] out: channel k of group g becomes channel k groups + g (Zhang et al.,
/// ShuffleNet, arXiv:1707.01083, section 3.1). Made by the pass fuse_shuffle; no operator of ONNX.
class ChannelShuffleOp final : public Op {
 public:
  /// `groups` >= 1.
  explicit ChannelShuffleOp(int64_t groups) : groups_(groups) {}
  int64_t groups() const { return groups_; }
  std::string_view type() const override { return "ChannelShuffle"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return LayoutRule::Any; }
  bool accepts_pixel_stride() const override { return true; }
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  int64_t groups_;
};

}  // namespace cnn
