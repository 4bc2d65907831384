// SPDX-License-Identifier: MIT
#pragma once

#include "engine/graph/step.h"
#include "engine/ops/resize_taps.h"

namespace cnn {

/// Resizes a dense tensor whose axes, in memory order, are read by `axes`: copies elements of `type` (nearest; one tap
/// each), or interpolates Float32 axis after axis, those that shrink most first. `extrapolation` stands outside.
std::unique_ptr<Step> plan_nearest(std::vector<ResizeTaps> axes, DataType type, float extrapolation);
std::unique_ptr<Step> plan_interpolation(std::vector<ResizeTaps> axes, float extrapolation);

}  // namespace cnn
