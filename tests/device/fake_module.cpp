// SPDX-License-Identifier: MIT
// Built several times as what the loader may find in place of cnn-cuda.so: of another version, without a GPU, or refusing
// every network.
#include "engine/cuda_backend.h"

namespace {

class FakeBackend final : public cnn::CudaBackend {
 public:
  cnn::Status check(int ordinal) const override {
    if (ordinal == 0) return {};
    return cnn::error(cnn::ErrorCode::BackendUnavailable, "there is no GPU ", ordinal, ": this machine has 1");
  }
  cnn::Result<cnn::DeviceContext> context(int ordinal) const override {
    static int memory;
    return cnn::DeviceContext{&memory, ordinal};
  }
  cnn::Result<std::unique_ptr<cnn::Network>> open(cnn::Graph, const cnn::SessionOptions&, int) const override {
    return cnn::error(cnn::ErrorCode::Unsupported, "loop_1 (Loop) has no GPU form");
  }
};

}  // namespace

extern "C" CNN_API const char* cnn_cuda_interface() { return FAKE_INTERFACE; }
#ifdef FAKE_BACKEND
extern "C" CNN_API const cnn::CudaBackend* cnn_cuda_backend() {
  static const FakeBackend backend;
  return &backend;
}
#endif
