// SPDX-License-Identifier: MIT
#pragma once

#include "engine/kernels/activation.h"
#include "engine/kernels/conv_geometry.h"
#include "engine/ops/pool.h"

namespace cnn {

/// What a Conv node states, and what passes have fused into it. Lists follow the spatial axes; empty ones stand for the
/// default: the weights' extents for `kernel`, 1 for strides and dilations, 0 for pads.
struct ConvAttributes {
  std::vector<int64_t> kernel, strides, dilations;
  std::vector<int64_t> pads_begin, pads_end;  ///< count only where auto_pad is NotSet
  AutoPad auto_pad = AutoPad::NotSet;
  int64_t groups = 1;
  Activation activation;  ///< applied last
  bool residual = false;  ///< input 3 is added to the result before the activation

  /// Every spatial axis of a convolution of `input` [n, c, spatial...] with `weights` [m, c / groups, kernel...]:
  /// extents, window, padding as it is applied (PoolWindow::axis() has the arithmetic, with floor), or an Error for
  /// shapes or values that do not fit.
  CNN_API Result<std::vector<PoolAxis>> axes(const Shape& input, const Shape& weights) const;
};

/// The attributes that Conv, QLinearConv, ConvInteger and FusedConv share.
Result<ConvAttributes> parse_conv_attributes(const NodeSource& node);

/// Convolution in one, two or three spatial dimensions. Inputs: x [n, c, spatial...], weights [m, c / groups,
/// kernel...], optionally bias [m] and, with attributes().residual, a tensor of the output's shape. Float32 only.
/// https://onnx.ai/onnx/operators/onnx__Conv.html
class ConvOp final : public Op {
 public:
  /// For modules of their own, which do not see the class's table of functions.
  CNN_API static std::shared_ptr<const Op> make(ConvAttributes attributes);
  explicit ConvOp(ConvAttributes attributes) : attributes_(std::move(attributes)) {}
  const ConvAttributes& attributes() const { return attributes_; }
  /// Copies that apply `activation` last, or add input 3.
  std::shared_ptr<const Op> with_activation(const Activation& activation) const;
  std::shared_ptr<const Op> with_residual() const;

  std::string_view type() const override { return "Conv"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return LayoutRule::ChannelsLast; }
  bool accepts_pixel_stride() const override { return true; }
  int64_t macs(std::span<const InputInfo> inputs, std::span<const TensorType> outputs) const override;
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  ConvAttributes attributes_;
};

std::span<const OpEntry> conv_entries();

}  // namespace cnn
