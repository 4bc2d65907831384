// SPDX-License-Identifier: MIT
#pragma once

#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>

#include "engine/cuda/device.h"

namespace cnn::test {

/// In place of a CUcontext: all simulated devices' memory is in it.
inline void* simulated_context() {
  static int context;
  return &context;
}

/// Stands for a GPU: kernels run on the calling thread and "device" memory is the host's, filled with NaNs, so that
/// whatever reads what nobody wrote shows.
class SimulatedDevice : public cuda::Device {
 public:
  const cuda::DeviceFacts& facts() const override { return facts_; }
  const cuda::Queue& queue() const override { return queue_; }
  Result<std::unique_ptr<cuda::Device>> another() const override {
    return std::unique_ptr<cuda::Device>(std::make_unique<SimulatedDevice>());
  }
  Status enter() override { return {}; }
  Result<cuda::DeviceBuffer> allocate(size_t bytes) override {
    bytes = (bytes + 255) / 256 * 256 + 256;
    if (allocated_ + bytes > limit) return error(ErrorCode::DeviceFailure, "out of simulated memory");
    auto* address = static_cast<std::byte*>(std::aligned_alloc(256, bytes));
    std::memset(address, 0xff, bytes);
    sizes_[address] = bytes;
    allocated_ += bytes;
    return cuda::DeviceBuffer(*this, address, bytes);
  }
  void release(std::byte* address) override {
    allocated_ -= sizes_[address];
    std::free(address);
  }
  Status to_device(std::byte* to, const void* from, size_t bytes) override {
    std::memcpy(to, from, bytes);
    return {};
  }
  Status rows_to_device(std::byte* to, size_t to_stride, const void* from, size_t from_stride, size_t bytes,
                        size_t rows) override {
    for (size_t row = 0; row < rows; ++row)
      std::memcpy(to + row * to_stride, static_cast<const std::byte*>(from) + row * from_stride, bytes);
    return {};
  }
  Status copy(std::byte* to, const std::byte* from, size_t bytes) override { return to_device(to, from, bytes); }
  Status to_host(void* to, const std::byte* from, size_t bytes) override {
    std::memcpy(to, from, bytes);
    return {};
  }
  bool share_host(std::byte*, size_t) override { return false; }
  void release_host(std::byte*) override {}
  std::shared_ptr<std::byte> host_memory(size_t bytes) override {
    return {new std::byte[bytes], std::default_delete<std::byte[]>()};
  }
  Status wait_for(void* stream) override {
    waited_for = stream;
    return {};
  }
  Status mark() override { return {}; }
  double take_seconds() override { return later_is_faster ? 1.0 / ++timings_ : 0; }
  Status finish() override {
    if (!failing) return {};
    return error(ErrorCode::DeviceFailure, "the simulated device fails");
  }

  size_t limit = size_t{1} << 34;
  bool failing = false, later_is_faster = false;
  void* waited_for = nullptr;

 private:
  cuda::DeviceFacts facts_{"simulated", 0, 9, 0, 13000, size_t{1} << 34, size_t{1} << 12, simulated_context(), 0};
  cuda::Queue queue_{nullptr, true};
  std::map<std::byte*, size_t> sizes_;
  size_t allocated_ = 0;
  int timings_ = 0;
};

}  // namespace cnn::test
