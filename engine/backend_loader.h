// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "engine/base/result.h"
#include "engine/cuda_backend.h"

namespace cnn {

struct BackendChoice {
  std::string device = "cpu";         ///< "cpu", "cuda:0"
  std::string reason;                 ///< why a better one was passed over; empty when none was
  const CudaBackend* cuda = nullptr;  ///< null: the CPU
  int ordinal = 0;
};

/// The backend for `device`: "auto", "cpu", "cuda" or "cuda:N". "auto" takes GPU 0 where it can be used, else the CPU and
/// says why; "cuda" is BackendUnavailable there. Anything else is InvalidArgument.
///
/// The module cnn-cuda.so is opened when a GPU is asked for first, and stays open: the file $CNN_CUDA_MODULE ("" : none),
/// else the one beside this library, else the one in its folder gst-cnn/ (installed) or cuda/ (build tree).
Result<BackendChoice> choose_backend(const std::string& device);

}  // namespace cnn
