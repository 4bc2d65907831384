// SPDX-License-Identifier: MIT
#pragma once

#include "engine/cuda/kernels/strided.h"
#include "engine/cuda/launch.cuh"
#include "engine/cuda/step.h"

namespace cnn::cuda {

/// The elements between a ChannelsLast tensor's channels and its next pixel, for steps whose kernels write channels
/// alone.
class Gaps {
 public:
  explicit Gaps(const TensorDesc& desc) {
    if (!desc.channels_last() || desc.rank() < 3 || desc.shape[1] % channel_multiple == 0) return;
    first_ = desc.shape[1];
    step_ = desc.pixel_step();
    pixels_ = step_ > first_ ? desc.count() / first_ : 0;
  }
  /// Writes 0 to all of them; nothing where there are none.
  template <class T>
  Status fill(const Queue& queue, T* pixels) const {
    return for_each(queue, pixels_, FillGaps<T>{pixels, first_, step_});
  }

 private:
  int64_t first_ = 0, step_ = 0, pixels_ = 0;
};

}  // namespace cnn::cuda
