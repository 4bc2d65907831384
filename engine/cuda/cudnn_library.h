// SPDX-License-Identifier: MIT
#pragma once

#include <cudnn_graph.h>

#include <string>
#include <vector>

#include "engine/base/result.h"

namespace cnn::cuda {

/// The functions of libcudnn_graph.so.9 that the backend calls; tests put others in their place.
struct CudnnFunctions {
  decltype(&cudnnGetVersion) get_version;
  decltype(&cudnnGetErrorString) get_error_string;
  decltype(&cudnnGetLastErrorString) get_last_error_string;
  decltype(&cudnnCreate) create;
  decltype(&cudnnDestroy) destroy;
  decltype(&cudnnSetStream) set_stream;
  decltype(&cudnnBackendCreateDescriptor) create_descriptor;
  decltype(&cudnnBackendDestroyDescriptor) destroy_descriptor;
  decltype(&cudnnBackendFinalize) finalize;
  decltype(&cudnnBackendSetAttribute) set_attribute;
  decltype(&cudnnBackendGetAttribute) get_attribute;
  decltype(&cudnnBackendExecute) execute;
};

struct CudnnLibrary {
  CudnnFunctions functions;
  std::string path;    ///< as the linker found it
  size_t version = 0;  ///< 91900 is 9.19.0
};

constexpr size_t least_cudnn_version = 90800;  ///< the first that plans for a GPU that is not there

/// Folders to search, "" for the linker's own path: only $CNN_CUDNN_FOLDER where it is set, else the linker's path,
/// lib64 and lib of $CUDA_HOME, $CUDA_PATH and /usr/local/cuda, nvidia/cudnn/lib of the Python environment $VIRTUAL_ENV
/// or $CONDA_PREFIX.
std::vector<std::string> cudnn_folders();
/// The first libcudnn_graph.so.9 of `folders` that loads; it opens its siblings itself. BackendUnavailable with one
/// reason: not found (and where), too old or of another major version, a function missing. Stays loaded.
Result<CudnnLibrary> load_cudnn(const std::vector<std::string>& folders);
/// load_cudnn(cudnn_folders()), once per process.
const Result<CudnnLibrary>& cudnn_library();

/// "9.19.0"
std::string cudnn_version_text(size_t version);
/// Success, or DeviceFailure (Unsupported, where cuDNN says that it cannot) that names `what`.
Status checked(const CudnnFunctions& cudnn, cudnnStatus_t code, std::string_view what);

}  // namespace cnn::cuda
