// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>

#include "engine/base/api.h"
#include "engine/vision/frame.h"

namespace cnn {

/// Preprocesses frames on a network's device, straight into slots of its input: for one stream, whose tables it keeps.
/// Used by one thread at a time; several of one network may work at a time, also while it runs, as long as slots differ.
class CNN_API FrameIntake {
 public:
  virtual ~FrameIntake() = default;
  /// Whether stage() can do it; otherwise a Preprocessor can.
  virtual bool takes(const Frame& frame) const = 0;
  /// Writes a frame that takes() accepts into `slot`, within 1 of 255 of what a Preprocessor writes, before normalisation and
  /// rounding to the network's numbers. When it returns, nothing reads the frame any more.
  virtual Status stage(int slot, const Frame& frame) = 0;
};

/// Memory on a device for images of a network's first input. Safe from several threads, and outlives the network.
class CNN_API FrameSlots {
 public:
  virtual ~FrameSlots() = default;
  virtual Result<std::unique_ptr<FrameIntake>> make_intake() const = 0;
  /// Memory that frames can be FrameMemory::Pinned in, page-aligned; null where there is no more.
  virtual std::shared_ptr<std::byte> host_memory(size_t bytes) const = 0;
  /// The context (CUcontext) whose memory frames can be FrameMemory::Device in; null: none any more.
  virtual void* context() const = 0;
};

}  // namespace cnn
