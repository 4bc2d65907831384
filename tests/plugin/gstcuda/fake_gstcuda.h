// SPDX-License-Identifier: MIT
#pragma once

#include <gst/video/video.h>

/// What tests ask of the fake, which tests/cuda/simulated_device.h fits: "device" memory is the host's.
struct FakeGstCuda {
  /// NV12 of one colour in memory of `context`, which gst_cuda_context_new_wrapped() made; rows lie apart.
  GstBuffer* (*frame)(GstObject* context, const GstVideoInfo* info, guint8 y, guint8 u, guint8 v);
  int (*downloads)();               ///< how often frames were mapped in the host's memory so far
  void (*set_stream)(void* stream); ///< of frames that are made from now on; null: none
  int (*syncs)();                   ///< how often a frame without one was waited for
};
