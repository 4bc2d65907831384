// SPDX-License-Identifier: MIT
#pragma once

#include <gst/gst.h>

#include <optional>
#include <string>

namespace cnn {

/// GStreamer's CUDA library (libgstcuda-1.0 of gst-plugins-bad, 1.22 or later) is opened when a frame, a query or caps ask for
/// it, so that nothing here links it; without it, or without an NVIDIA driver, frames are in the host's memory. Any thread.
bool shares_cuda_memory();

/// Where a frame's bytes are on a GPU.
struct CudaPlace {
  void* context = nullptr;  ///< CUcontext
  void* stream = nullptr;   ///< CUstream whose work makes them; null: they are complete
};

/// Nothing: the frame is not one piece of CUDA memory, or shares_cuda_memory() is false.
std::optional<CudaPlace> cuda_place_of(GstBuffer* buffer);

/// With GST_MAP_READ: the device's addresses instead of a copy in the host's memory.
inline constexpr unsigned kMapCuda = GST_MAP_FLAG_LAST << 1;

/// Of caps, in the form of GstCapsFeatures.
inline constexpr const char* kCudaMemory = "memory:CUDAMemory";

/// Takes caps of CUDA memory out of a CAPS query's answer.
void remove_cuda_caps(GstQuery* query);

/// Answers a CONTEXT query for a CUDA context with the one that the engine works in on `device` ("auto", "cuda:1"), so that
/// frames need not be copied between two. False: it is another query, or there is no such device.
bool answer_cuda_context(GstElement* element, GstQuery* query, const std::string& device);

}  // namespace cnn
