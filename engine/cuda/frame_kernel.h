// SPDX-License-Identifier: MIT
#pragma once

#include "engine/cuda/kernels/frame_shape.h"
#include "engine/cuda/number.h"
#include "engine/cuda/queue.h"

namespace cnn::cuda {

/// Puts the preprocessing of one frame into the queue: `pixels` of them, to `image` in `number`.
Status enqueue_frame(const Queue& queue, const FrameShape& shape, int64_t pixels, Number number, std::byte* image);

}  // namespace cnn::cuda
