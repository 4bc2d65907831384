// SPDX-License-Identifier: MIT
#pragma once

#include "engine/graph/op.h"
#include "engine/ops/pool.h"

namespace cnn {

/// Transposed convolution in one, two or three spatial dimensions: x [n, c, spatial...], weights [c, m / groups,
/// kernel...], optionally bias [m]. Float32 only. https://onnx.ai/onnx/operators/onnx__ConvTranspose.html
class ConvTransposeOp final : public Op {
 public:
  /// Lists follow the spatial axes; empty ones stand for the default.
  struct Attributes {
    std::vector<int64_t> kernel, strides, dilations;
    std::vector<int64_t> pads;  ///< all begins, then all ends
    std::vector<int64_t> output_padding;
    std::vector<int64_t> output_shape;  ///< of the spatial axes, or of all
    AutoPad auto_pad = AutoPad::NotSet;
    int64_t groups = 1;
  };
  explicit ConvTransposeOp(Attributes attributes) : attributes_(std::move(attributes)) {}
  const Attributes& attributes() const { return attributes_; }
  /// Every spatial axis of the convolution whose transpose this is: `in` and `out` are of this operator,
  /// strides of its result, which the pads are cut off.
  CNN_API Result<std::vector<PoolAxis>> axes(const Shape& input, const Shape& weights) const;
  std::string_view type() const override { return "ConvTranspose"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return LayoutRule::ChannelsLast; }
  int64_t macs(std::span<const InputInfo> inputs, std::span<const TensorType> outputs) const override;
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  Result<PoolAxis> axis(size_t i, int64_t in, int64_t kernel) const;
  Attributes attributes_;
};

std::span<const OpEntry> conv_transpose_entries();

}  // namespace cnn
