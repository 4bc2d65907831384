// SPDX-License-Identifier: MIT
#pragma once

#include "engine/ops/pixel_tensor.h"

namespace cnn {

/// A PixelTensor of any element type, whose step counts elements.
struct QuantizedPixels : PixelTensor {
  using PixelTensor::PixelTensor;

  const void* read(const void* address, const StepArguments& arguments) const {
    if (!copied) return address;
    std::byte* to = arguments.scratch + copy;
    strided_copy(size_of(desc.dtype), desc.shape, address, strides, to, copy_strides, arguments.workers);
    return to;
  }
  std::byte* target(std::byte* address, const StepArguments& arguments) const {
    return copied ? arguments.scratch + copy : address;
  }
  void finish(void* address, const StepArguments& arguments) const {
    if (!copied) return;
    strided_copy(size_of(desc.dtype), desc.shape, arguments.scratch + copy, copy_strides, address, strides,
                 arguments.workers);
  }
};

}  // namespace cnn
