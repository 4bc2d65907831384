// SPDX-License-Identifier: MIT
#pragma once

#include <gst/gst.h>

#include <memory>

#include "engine/vision/frame_intake.h"

namespace cnn {

/// Turns downstream's answer to an ALLOCATION query into ours: pools lend `held` frames more, because we keep so many.
/// What downstream supports (GstVideoMeta among it) stays as it said, for it gets the very same frames, except
/// GstVideoCropMeta, which we do not read.
void amend_allocation(GstQuery* query, unsigned held);

/// Begins an answer where downstream has none and frames are in CUDA memory: the producers' own pools must lend what we keep.
/// False: they are in other memory.
bool begin_cuda_allocation(GstQuery* query);

/// Offers upstream a pool of pinned memory (see pinned_memory.h) of `held` frames and what others need, where downstream
/// offers neither pool nor allocator and the frames are pixels in system memory. False: it does not.
bool offer_pinned(GstQuery* query, unsigned held, std::shared_ptr<const FrameSlots> slots);

}  // namespace cnn
