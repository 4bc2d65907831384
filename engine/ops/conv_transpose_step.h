// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "engine/graph/step.h"
#include "engine/kernels/pool.h"

namespace cnn {

/// ConvTranspose of context.inputs 0 (x), 1 (weights) and 2 (bias, optional). Tap k of input position i adds to output
/// position i * stride - pad_begin + k * dilation of its axis.
std::unique_ptr<Step> plan_conv_transpose(const std::vector<PoolAxis>& axes, int64_t groups,
                                          const PlanContext& context);

}  // namespace cnn
