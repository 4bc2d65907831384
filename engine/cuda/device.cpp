// SPDX-License-Identifier: MIT
#include "engine/cuda/device.h"

#include <cuda.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace cnn::cuda {
namespace {

template <class Function>
Result<Function> driver_function(const char* name) {
  void* function = nullptr;
  cudaDriverEntryPointQueryResult found{};
  CNN_CHECK(checked(cudaGetDriverEntryPointByVersion(name, &function, 12000, cudaEnableDefault, &found), name));
  if (found != cudaDriverEntryPointSuccess || !function)
    return error(ErrorCode::BackendUnavailable, "the NVIDIA driver has no ", name);
  return reinterpret_cast<Function>(function);
}

class Gpu final : public Device {
 public:
  explicit Gpu(DeviceFacts facts) : facts_(std::move(facts)) {}
  ~Gpu() override {
    for (cudaEvent_t event : marks_)
      if (event) cudaEventDestroy(event);
    if (theirs_) cudaEventDestroy(theirs_);
    if (queue_.stream) cudaStreamDestroy(queue_.stream);
  }
  Status start() {
    CNN_CHECK(enter());
    CNN_CHECK(find_context());
    CNN_CHECK(checked(cudaStreamCreateWithFlags(&queue_.stream, cudaStreamNonBlocking), "creating a stream"));
    return {};
  }
  const DeviceFacts& facts() const override { return facts_; }
  const Queue& queue() const override { return queue_; }
  Result<std::unique_ptr<Device>> another() const override {
    auto gpu = std::make_unique<Gpu>(facts_);
    CNN_CHECK(gpu->start());
    return std::unique_ptr<Device>(std::move(gpu));
  }
  Status enter() override { return checked(cudaSetDevice(facts_.ordinal), "choosing the GPU"); }

  Result<DeviceBuffer> allocate(size_t bytes) override {
    void* address = nullptr;
    bytes = std::max<size_t>(bytes, 1);
    if (const cudaError_t code = cudaMalloc(&address, bytes); code != cudaSuccess) {
      cudaGetLastError();  // or it would be told by the next call too
      return error(ErrorCode::DeviceFailure, "allocating ", bytes >> 20, " MiB of ", facts_.memory >> 20, " on ", facts_.name,
                   ": ", cudaGetErrorString(code));
    }
    DeviceBuffer buffer(*this, static_cast<std::byte*>(address), bytes);
    CNN_CHECK(checked(cudaMemsetAsync(address, 0, bytes, queue_.stream), "clearing memory"));
    return buffer;
  }
  void release(std::byte* address) override { cudaFree(address); }
  Status to_device(std::byte* to, const void* from, size_t bytes) override {
    return checked(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, queue_.stream), "copying to the GPU");
  }
  Status rows_to_device(std::byte* to, size_t to_stride, const void* from, size_t from_stride, size_t bytes,
                        size_t rows) override {
    return checked(
        cudaMemcpy2DAsync(to, to_stride, from, from_stride, bytes, rows, cudaMemcpyHostToDevice, queue_.stream),
        "copying a frame to the GPU");
  }
  Status copy(std::byte* to, const std::byte* from, size_t bytes) override {
    return checked(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, queue_.stream), "copying on the GPU");
  }
  Status to_host(void* to, const std::byte* from, size_t bytes) override {
    return checked(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, queue_.stream), "copying from the GPU");
  }
  bool share_host(std::byte* start, size_t bytes) override {
    const bool shared = cudaHostRegister(start, bytes, cudaHostRegisterDefault) == cudaSuccess;
    if (!shared) cudaGetLastError();
    return shared;
  }
  void release_host(std::byte* start) override { cudaHostUnregister(start); }
  std::shared_ptr<std::byte> host_memory(size_t bytes) override {
    void* address = nullptr;
    // Portable: contexts of other libraries on the same GPU may copy from it too.
    if (enter() && cudaHostAlloc(&address, std::max<size_t>(bytes, 1), cudaHostAllocPortable) == cudaSuccess)
      return {static_cast<std::byte*>(address), [](std::byte* memory) { cudaFreeHost(memory); }};
    cudaGetLastError();
    return {};
  }
  Status wait_for(void* stream) override {
    if (!theirs_) CNN_CHECK(checked(cudaEventCreateWithFlags(&theirs_, cudaEventDisableTiming), "creating an event"));
    CNN_CHECK(checked(cudaEventRecord(theirs_, static_cast<cudaStream_t>(stream)), "recording an event in a frame's stream"));
    return checked(cudaStreamWaitEvent(queue_.stream, theirs_, 0), "waiting for a frame");
  }
  Status mark() override {
    if (used_marks_ == marks_.size()) {
      cudaEvent_t made = nullptr;
      CNN_CHECK(checked(cudaEventCreate(&made), "creating an event"));
      marks_.push_back(made);
    }
    return checked(cudaEventRecord(marks_[used_marks_++], queue_.stream), "recording an event");
  }
  double take_seconds() override {
    double sum = 0;
    for (size_t i = 0; i + 1 < used_marks_; i += 2) {
      float milliseconds = 0;
      if (cudaEventElapsedTime(&milliseconds, marks_[i], marks_[i + 1]) != cudaSuccess) cudaGetLastError();
      sum += milliseconds / 1000.0;
    }
    used_marks_ = 0;
    return sum;
  }
  Status finish() override { return checked(cudaStreamSynchronize(queue_.stream), "running on the GPU"); }

 private:
  /// The driver's names for what the runtime works in: nothing here links the driver.
  Status find_context() {
    CNN_TRY(current, driver_function<CUresult (*)(CUcontext*)>("cuCtxGetCurrent"));
    CNN_TRY(device, driver_function<CUresult (*)(CUdevice*)>("cuCtxGetDevice"));
    CUcontext context = nullptr;
    CUdevice number = 0;
    CNN_CHECK(checked(cudaFree(nullptr), "creating the context"));
    if (current(&context) != CUDA_SUCCESS || device(&number) != CUDA_SUCCESS)
      return error(ErrorCode::DeviceFailure, facts_.name, ": the driver does not tell its context");
    facts_.context = context;
    facts_.driver_device = number;
    return {};
  }

  DeviceFacts facts_;
  Queue queue_;
  std::vector<cudaEvent_t> marks_;
  size_t used_marks_ = 0;
  cudaEvent_t theirs_ = nullptr;  ///< in another's stream
};

constexpr int least_major = 8;  // the oldest that kernels are compiled for

Error unusable(cudaError_t code, std::string_view what) {
  return error(ErrorCode::BackendUnavailable, what, ": ", cudaGetErrorString(code));
}

/// "12.4" of 12040.
std::string version_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

Error no_devices(cudaError_t code) {
  int driver = 0;
  if (code != cudaErrorInsufficientDriver) return unusable(code, "no NVIDIA GPU");
  if (cudaDriverGetVersion(&driver) != cudaSuccess || driver == 0)
    return {ErrorCode::BackendUnavailable, "no NVIDIA driver is installed"};
  return error(ErrorCode::BackendUnavailable, "the NVIDIA driver is for CUDA ", version_text(driver), ", CUDA ",
               version_text(CUDART_VERSION), " or later is needed");
}

}  // namespace

DeviceBuffer& DeviceBuffer::operator=(DeviceBuffer&& other) noexcept {
  if (this == &other) return *this;
  release();
  device_ = std::exchange(other.device_, nullptr);
  address_ = std::exchange(other.address_, nullptr);
  bytes_ = std::exchange(other.bytes_, 0);
  return *this;
}

void DeviceBuffer::release() {
  if (address_) device_->release(address_);
  address_ = nullptr;
}

Status check_gpu(int ordinal) {
  int count = 0;
  if (const cudaError_t code = cudaGetDeviceCount(&count); code != cudaSuccess) {
    cudaGetLastError();
    return no_devices(code);
  }
  if (ordinal >= count)
    return error(ErrorCode::BackendUnavailable, "there is no GPU ", ordinal, ": this machine has ", count);
  cudaDeviceProp facts{};
  if (const cudaError_t code = cudaGetDeviceProperties(&facts, ordinal); code != cudaSuccess)
    return unusable(code, "the GPU does not tell what it is");
  if (facts.major < least_major)
    return error(ErrorCode::BackendUnavailable, facts.name, " has compute capability ", facts.major, ".", facts.minor,
                 ", at least ", least_major, ".0 is needed");
  return {};
}

Result<std::unique_ptr<Device>> open_gpu(int ordinal) {
  CNN_CHECK(check_gpu(ordinal));
  cudaDeviceProp properties{};
  CNN_CHECK(checked(cudaGetDeviceProperties(&properties, ordinal), "reading the GPU's properties"));
  DeviceFacts facts{properties.name, ordinal, properties.major, properties.minor, 0, properties.totalGlobalMem,
                    static_cast<size_t>(properties.l2CacheSize)};
  CNN_CHECK(checked(cudaDriverGetVersion(&facts.driver), "reading the driver's version"));
  auto gpu = std::make_unique<Gpu>(std::move(facts));
  CNN_CHECK(gpu->start());
  return std::unique_ptr<Device>(std::move(gpu));
}

}  // namespace cnn::cuda
