// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "engine/device_context.h"
#include "engine/plan/network.h"

namespace cnn {

/// What the module cnn-cuda.so offers to the library that opens it. Safe from several threads.
class CudaBackend {
 public:
  virtual ~CudaBackend() = default;
  /// Nothing when GPU `ordinal` can be used, else the Error (BackendUnavailable) with the reason.
  virtual Status check(int ordinal) const = 0;
  virtual Result<DeviceContext> context(int ordinal) const = 0;
  /// Compiles a graph as it was imported. Unsupported names the operators that have no GPU form.
  virtual Result<std::unique_ptr<Network>> open(Graph graph, const SessionOptions& options, int ordinal) const = 0;
};

/// Changes with every change of a header that library and module share; a module that states another one is refused.
constexpr const char* cuda_interface = "gst-cnn 0.1.0 cuda 3";

/// The module's functions, by these names and with C linkage: its cuda_interface, and the backend, which lives as long as
/// the module.
using CudaInterfaceFunction = const char* (*)();
using CudaBackendFunction = const CudaBackend* (*)();

}  // namespace cnn
