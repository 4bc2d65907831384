// SPDX-License-Identifier: MIT
#include "engine/cuda/frame_kernel.h"

#include "engine/cuda/kernels/frame.h"
#include "engine/cuda/launch.cuh"

namespace cnn::cuda {

Status enqueue_frame(const Queue& queue, const FrameShape& shape, int64_t pixels, Number number, std::byte* image) {
  return with_number(number, [&]<class T>(T) {
    return for_each(queue, pixels, FramePixels<T>{shape, reinterpret_cast<T*>(image)});
  });
}

}  // namespace cnn::cuda
