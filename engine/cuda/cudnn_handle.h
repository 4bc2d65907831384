// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "engine/cuda/cudnn_library.h"
#include "engine/cuda/queue.h"

namespace cnn::cuda {

/// cuDNN on the GPU that was the calling thread's when it was opened. Used by one thread at a time.
class CudnnHandle {
 public:
  static Result<std::shared_ptr<CudnnHandle>> open(const CudnnFunctions& cudnn) {
    std::shared_ptr<CudnnHandle> handle(new CudnnHandle(cudnn));
    CNN_CHECK(checked(cudnn, cudnn.create(&handle->raw_), "creating a handle"));
    return handle;
  }
  CudnnHandle(const CudnnHandle&) = delete;
  CudnnHandle& operator=(const CudnnHandle&) = delete;
  ~CudnnHandle() {
    if (raw_) cudnn_->destroy(raw_);
  }

  /// For work that goes into `queue`.
  Result<cudnnHandle_t> in(const Queue& queue) {
    if (queue.stream != stream_)
      CNN_CHECK(checked(*cudnn_, cudnn_->set_stream(raw_, queue.stream), "choosing a stream"));
    stream_ = queue.stream;
    return raw_;
  }
  cudnnHandle_t raw() const { return raw_; }

 private:
  explicit CudnnHandle(const CudnnFunctions& cudnn) : cudnn_(&cudnn) {}

  const CudnnFunctions* cudnn_;
  cudnnHandle_t raw_ = nullptr;
  cudaStream_t stream_ = nullptr;
};

}  // namespace cnn::cuda
