// SPDX-License-Identifier: MIT
// In place of cnn-cuda.so: the GPU backend on a simulated device, without cuDNN, so that classifiers and elements run
// with it.
#include <atomic>

#include "engine/cuda/network.h"
#include "engine/cuda_backend.h"
#include "tests/cuda/simulated_device.h"

namespace {

std::atomic<bool> fails{false};
std::atomic<int> planes{0};  ///< of frames, that were copied to it
std::atomic<int> waits{0};   ///< for others' streams

class MortalDevice final : public cnn::test::SimulatedDevice {
 public:
  cnn::Result<std::unique_ptr<Device>> another() const override {
    return std::unique_ptr<Device>(std::make_unique<MortalDevice>());
  }
  cnn::Status rows_to_device(std::byte* to, size_t to_stride, const void* from, size_t from_stride, size_t bytes,
                             size_t rows) override {
    ++planes;
    return SimulatedDevice::rows_to_device(to, to_stride, from, from_stride, bytes, rows);
  }
  cnn::Status wait_for(void* stream) override {
    ++waits;
    return SimulatedDevice::wait_for(stream);
  }
  cnn::Status finish() override {
    if (!fails) return {};
    return error(cnn::ErrorCode::DeviceFailure, "the simulated device fails");
  }
};

class Backend final : public cnn::CudaBackend {
 public:
  cnn::Status check(int) const override { return {}; }
  cnn::Result<cnn::DeviceContext> context(int ordinal) const override {
    return cnn::DeviceContext{cnn::test::simulated_context(), ordinal};
  }
  cnn::Result<std::unique_ptr<cnn::Network>> open(cnn::Graph graph, const cnn::SessionOptions& options,
                                                  int) const override {
    return cnn::cuda::CudaNetwork::open(std::move(graph), options, std::make_unique<MortalDevice>(), nullptr);
  }
};

}  // namespace

extern "C" CNN_API const char* cnn_cuda_interface() { return cnn::cuda_interface; }
extern "C" CNN_API const cnn::CudaBackend* cnn_cuda_backend() {
  static const Backend backend;
  return &backend;
}
/// For tests: from now on the device fails, or works again.
extern "C" CNN_API void cnn_simulated_fail(bool on) { fails = on; }
extern "C" CNN_API int cnn_simulated_planes() { return planes; }
extern "C" CNN_API int cnn_simulated_waits() { return waits; }
