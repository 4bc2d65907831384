// SPDX-License-Identifier: MIT
#pragma once

#include "engine/ops/conv.h"

namespace cnn {

/// The kernels' view of a convolution of `input` [n, c, spatial...] with `weights`, both Shapes of at least three axes.
CNN_API ConvGeometry conv_geometry(std::span<const PoolAxis> axes, const Shape& input, const Shape& weights, int64_t groups);

/// The step of a convolution that ConvOp::infer() accepted: depthwise for one filter per channel in at most two
/// dimensions, else an indirect matrix product. Tensors in Plain layout, as constant folding has them, are copied.
Result<std::unique_ptr<Step>> plan_conv(const ConvAttributes& attributes, const PlanContext& context);

}  // namespace cnn
