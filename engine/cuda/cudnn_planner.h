// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "engine/cuda/convolution.h"
#include "engine/cuda/device.h"

namespace cnn::cuda {

/// Success where cuDNN can be used, else BackendUnavailable with the reason: the first of libcudnn_graph.so.9 that loads in
/// $CNN_CUDNN_FOLDER, the linker's path, the CUDA toolkit's lib folders, a Python environment's nvidia/cudnn/lib; its version
/// must be 9.8 or later. Loaded once and kept.
Status check_cudnn();
/// Plans by cuDNN's heuristics and timing for `device`, in whose queue plans run.
Result<std::unique_ptr<ConvolutionPlanner>> open_cudnn(Device& device);

}  // namespace cnn::cuda
