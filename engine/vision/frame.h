// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "engine/base/result.h"
#include "engine/vision/image.h"

namespace cnn {

/// Where a frame's bytes are. Pinned: in memory of the host that FrameSlots::host_memory() gave, which a device reads by
/// itself. Device: in the device's memory, where the processor cannot read them.
enum class FrameMemory : uint8_t { Pageable, Pinned, Device };

/// A picture in the host's memory, and what keeps it there; null: nobody waits for its result any more.
struct HostImage {
  ImageView image;
  std::shared_ptr<const void> owner;
};

/// A picture on its way into a network's input, valid for the call it is passed to.
struct Frame {
  ImageView image;  ///< Device: with the device's addresses
  FrameMemory memory = FrameMemory::Pageable;
  void* context = nullptr;  ///< Device: the context (CUcontext) that the memory belongs to
  void* stream = nullptr;  ///< Device: the stream (CUstream) whose work makes the picture; null: it is complete
  /// Gets the same picture in the host's memory, after the call too and from another thread: for the CPU, which takes over
  /// from a device that fails before it computed the frame. Empty: nothing can take over.
  std::function<Result<HostImage>()> on_host;
};

}  // namespace cnn
