// SPDX-License-Identifier: MIT
#pragma once

#include "engine/graph/step.h"
#include "engine/kernels/strided_copy.h"
#include "engine/ops/gemm_packed_input.h"

namespace cnn {

/// An activation that the kernels reach as [pixels, channels]: in place, or as a copy in scratch memory.
struct PixelTensor {
  TensorDesc desc;   ///< as the graph has it
  int64_t step = 0;  ///< floats from pixel to pixel for the kernels
  size_t copy = 0;   ///< where its copy begins in scratch memory
  bool copied = false;
  Shape strides, copy_strides;  ///< where it is copied

  PixelTensor() = default;
  PixelTensor(const TensorDesc& tensor, ScratchLayout& scratch) : desc(tensor), copied(!tensor.channels_last()) {
    step = copied ? tensor.shape[1] : tensor.pixel_step();
    if (!copied) return;
    copy = scratch.add(tensor.bytes());
    strides = tensor.strides();
    copy_strides = TensorDesc{tensor.dtype, tensor.shape, Layout::ChannelsLast}.strides();
  }

  const float* read(const float* address, const StepArguments& arguments) const {
    if (!copied) return address;
    float* to = at<float>(arguments.scratch, copy);
    strided_copy(sizeof(float), desc.shape, address, strides, to, copy_strides, arguments.workers);
    return to;
  }
  float* target(float* address, const StepArguments& arguments) const {
    return copied ? at<float>(arguments.scratch, copy) : address;
  }
  void finish(float* address, const StepArguments& arguments) const {
    if (!copied) return;
    strided_copy(sizeof(float), desc.shape, at<float>(arguments.scratch, copy), copy_strides, address, strides,
                 arguments.workers);
  }
};

}  // namespace cnn
