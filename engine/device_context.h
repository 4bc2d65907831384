// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "engine/base/api.h"
#include "engine/base/result.h"

namespace cnn {

/// The CUDA context in which sessions work on a GPU, for libraries that share memory with them.
struct DeviceContext {
  void* context = nullptr;  ///< CUcontext: the primary one, which lives as long as the process
  int device = 0;           ///< CUdevice
};

/// Of the GPU that SessionOptions::device would take. BackendUnavailable where that is none, with the reason. Any thread; the
/// first call creates the context, which takes some tenths of a second.
CNN_API Result<DeviceContext> device_context(const std::string& device);

}  // namespace cnn
