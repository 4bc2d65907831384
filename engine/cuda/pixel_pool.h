// SPDX-License-Identifier: MIT
#pragma once

#include "engine/cuda/kernels/pool.h"
#include "engine/cuda/packed_input.h"

namespace cnn::cuda {

/// Input 0 [n, c, spatial...] to output 0, ChannelsLast with one pixel an image.
Result<std::unique_ptr<Step>> plan_pixel_pool(const PlanContext& context, Pooled pooled);

}  // namespace cnn::cuda
