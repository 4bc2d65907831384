// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "engine/cuda/queue.h"

namespace cnn::cuda {

class Device;

/// Memory of a device, 256-byte aligned, freed with the object. Movable.
class DeviceBuffer {
 public:
  DeviceBuffer() = default;
  DeviceBuffer(Device& device, std::byte* address, size_t bytes) : device_(&device), address_(address), bytes_(bytes) {}
  DeviceBuffer(DeviceBuffer&& other) noexcept { *this = std::move(other); }
  DeviceBuffer& operator=(DeviceBuffer&& other) noexcept;
  ~DeviceBuffer() { release(); }

  std::byte* data() const { return address_; }
  size_t size() const { return bytes_; }

 private:
  void release();
  Device* device_ = nullptr;
  std::byte* address_ = nullptr;
  size_t bytes_ = 0;
};

/// What planning asks of a device.
struct DeviceFacts {
  std::string name;       ///< "NVIDIA H200"
  int ordinal = 0;
  int major = 0, minor = 0;  ///< compute capability
  int driver = 0;         ///< of CUDA, 13000 for 13.0
  size_t memory = 0;      ///< bytes
  size_t cache = 0;       ///< second-level, bytes
  void* context = nullptr;  ///< CUcontext in which all of its memory is
  int driver_device = 0;    ///< CUdevice
};

/// One GPU with a queue of work of its own, or what stands for it in tests. Used by one thread at a time.
class Device {
 public:
  virtual ~Device() = default;
  virtual const DeviceFacts& facts() const = 0;
  virtual const Queue& queue() const = 0;
  /// The same device with another queue, and the same memory.
  virtual Result<std::unique_ptr<Device>> another() const = 0;
  /// Makes the device the calling thread's; before any other call from a thread.
  virtual Status enter() = 0;
  /// Zero-filled. DeviceFailure where memory runs out, with the numbers.
  virtual Result<DeviceBuffer> allocate(size_t bytes) = 0;
  virtual void release(std::byte* address) = 0;
  /// Lets the device copy from and to memory of the host directly, until release_host(). False where it cannot.
  virtual bool share_host(std::byte* start, size_t bytes) = 0;
  virtual void release_host(std::byte* start) = 0;
  /// New memory of the host that the device may copy from directly, page-aligned; null where there is none. Any thread; it
  /// outlives the device.
  virtual std::shared_ptr<std::byte> host_memory(size_t bytes) = 0;
  /// In the queue's order; the host's memory must stay until finish().
  virtual Status to_device(std::byte* to, const void* from, size_t bytes) = 0;
  /// `rows` of them, of `bytes` each, so many bytes apart on either side.
  virtual Status rows_to_device(std::byte* to, size_t to_stride, const void* from, size_t from_stride, size_t bytes,
                                size_t rows) = 0;
  virtual Status copy(std::byte* to, const std::byte* from, size_t bytes) = 0;
  virtual Status to_host(void* to, const std::byte* from, size_t bytes) = 0;
  /// Lets the queue wait for what is in another one now (a CUstream of the same GPU).
  virtual Status wait_for(void* stream) = 0;
  /// Marks a place in the queue. take_seconds(): the times from each odd mark to the next, summed, after finish(); marks begin
  /// anew then.
  virtual Status mark() = 0;
  virtual double take_seconds() = 0;
  /// Waits until the queue is empty; an Error of anything in it is told here at the latest.
  virtual Status finish() = 0;
};

/// Success where GPU `ordinal` can be used, else BackendUnavailable with the reason. Creates no context.
Status check_gpu(int ordinal);
/// GPU `ordinal`, with a stream of its own in the primary context.
Result<std::unique_ptr<Device>> open_gpu(int ordinal);

}  // namespace cnn::cuda
