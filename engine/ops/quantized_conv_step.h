// SPDX-License-Identifier: MIT
#pragma once

#include "engine/ops/quantized.h"

namespace cnn {

/// The step of a convolution that QuantizedConvOp::infer() accepted: Winograd where it is exact and pays, depthwise for
/// one filter per channel in at most two dimensions, else an indirect matrix product. Tensors in Plain layout, as
/// constant folding has them, are copied.
Result<std::unique_ptr<Step>> plan_quantized_conv(const ConvAttributes& attributes, const QuantizedInputs& at,
                                                  const ResultBounds& bounds, const PlanContext& context);

}  // namespace cnn
