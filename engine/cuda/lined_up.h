// SPDX-License-Identifier: MIT
#pragma once

#include "engine/cuda/step.h"
#include "engine/ops/broadcast.h"

namespace cnn::cuda {

/// Input 1 as it is broadcast: see cnn::lined_up().
inline Result<TensorDesc> lined_up(const PlanContext& context, std::optional<int64_t> first_axis) {
  TensorDesc second = *context.inputs[1];
  CNN_TRY(shape, cnn::lined_up(context.inputs[0]->shape, second.shape, first_axis));
  if (shape == second.shape) return second;
  return TensorDesc{second.dtype, std::move(shape)};
}

}  // namespace cnn::cuda
