// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "engine/cuda/packed_input.h"
#include "engine/cuda/pooling.h"
#include "engine/kernels/pool.h"

namespace cnn::cuda {

/// The pooling of input 0, whose pixels are `x_pixel` elements apart, to output 0, for a planner. Nothing where it has
/// no work, other than two spatial axes, dilation, windows that hang over the padding (ceil_mode) or windows of padding
/// alone.
std::optional<PoolProblem> pool_problem(const PlanContext& context, std::span<const PoolAxis> axes, PoolMode mode,
                                        int64_t x_pixel);

/// The step of a pooling of `x`, whose parts are in `scratch`: context.convolutions chooses between `own` and what it
/// has for `problem`; without one, or where results are to be the same in every run, `own`.
std::unique_ptr<Step> pool_step(const PlanContext& context, const PixelInput& x, Scratch scratch,
                                const std::optional<PoolProblem>& problem, OwnPool own);

}  // namespace cnn::cuda
