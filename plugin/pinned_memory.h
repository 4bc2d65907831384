// SPDX-License-Identifier: MIT
#pragma once

#include <gst/gst.h>

#include <memory>

#include "engine/vision/frame_intake.h"

namespace cnn {

/// An allocator of system memory that `slots`' device reads by itself; of plain system memory when there is no more of it.
/// Floating no reference: the caller's.
GstAllocator* new_pinned_allocator(std::shared_ptr<const FrameSlots> slots);

/// Whether all memory of `buffer` came from such an allocator, of any device.
bool is_pinned(GstBuffer* buffer);

}  // namespace cnn
