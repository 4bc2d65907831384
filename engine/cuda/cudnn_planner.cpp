// SPDX-License-Identifier: MIT
#include "engine/cuda/cudnn_planner.h"

namespace cnn::cuda {

Status check_cudnn() { return error(ErrorCode::BackendUnavailable, "cuDNN is not used yet"); }
Result<std::unique_ptr<ConvolutionPlanner>> open_cudnn(Device&) { return check_cudnn().error(); }

}  // namespace cnn::cuda
