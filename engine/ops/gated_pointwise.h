// SPDX-License-Identifier: MIT
#pragma once

#include "engine/ops/conv.h"

namespace cnn {

/// A 1x1 convolution of stride 1 whose input is multiplied by one number per image and channel first, as behind the
/// gates of squeeze-and-excitation (Hu et al., arXiv:1709.01507). Made by the pass fuse_gate; no operator of ONNX.
/// The gate multiplies the weights instead of the map, once per image. Inputs: those of the Conv [n, c, h, w] up to its
/// residual (input 3, may be absent), then the gate [n, c, 1, 1].
class GatedPointwiseOp final : public Op {
 public:
  static constexpr size_t residual = 3, gate = 4, input_count = 5;

  explicit GatedPointwiseOp(std::shared_ptr<const ConvOp> conv) : conv_(std::move(conv)) {}
  std::string_view type() const override { return "GatedPointwise"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return LayoutRule::ChannelsLast; }
  bool accepts_pixel_stride() const override { return true; }
  int64_t macs(std::span<const InputInfo> inputs, std::span<const TensorType> outputs) const override {
    return conv_->macs(inputs, outputs);
  }
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  std::shared_ptr<const ConvOp> conv_;
};

}  // namespace cnn
