// SPDX-License-Identifier: MIT
#include "engine/cuda/cudnn_planner.h"
#include "engine/cuda/network.h"
#include "engine/cuda_backend.h"

namespace cnn::cuda {
namespace {

class Backend final : public CudaBackend {
 public:
  Status check(int ordinal) const override {
    CNN_CHECK(check_gpu(ordinal));
    return check_cudnn();
  }
  Result<DeviceContext> context(int ordinal) const override {
    CNN_TRY(device, open_gpu(ordinal));
    return DeviceContext{device->facts().context, device->facts().driver_device};
  }
  Result<std::unique_ptr<Network>> open(Graph graph, const SessionOptions& options, int ordinal) const override try {
    CNN_TRY(device, open_gpu(ordinal));
    CNN_TRY(convolutions, open_cudnn(*device));
    return CudaNetwork::open(std::move(graph), options, std::move(device), std::move(convolutions));
  } catch (const std::exception& failure) {
    return error(ErrorCode::DeviceFailure, failure.what());
  }
};

}  // namespace
}  // namespace cnn::cuda

extern "C" CNN_API const char* cnn_cuda_interface() { return cnn::cuda_interface; }
extern "C" CNN_API const cnn::CudaBackend* cnn_cuda_backend() {
  static const cnn::cuda::Backend backend;
  return &backend;
}
