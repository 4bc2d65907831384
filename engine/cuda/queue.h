// SPDX-License-Identifier: MIT
#pragma once

#include <cuda_runtime_api.h>

#include <string_view>

#include "engine/base/result.h"

namespace cnn::cuda {

/// Where work is put in order. Without a stream, kernels run at once on the calling thread, on memory of the host: so the
/// tests run every network where there is no GPU.
struct Queue {
  cudaStream_t stream = nullptr;
  bool simulated = false;
};

/// Success, or DeviceFailure that names `what`, CUDA's name of the error and its text.
inline Status checked(cudaError_t code, std::string_view what) {
  if (code == cudaSuccess) return {};
  return error(ErrorCode::DeviceFailure, what, ": ", cudaGetErrorName(code), ": ", cudaGetErrorString(code));
}

}  // namespace cnn::cuda
