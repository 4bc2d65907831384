// SPDX-License-Identifier: MIT
#include "engine/cuda/cudnn_library.h"

#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>

namespace cnn::cuda {
namespace {

namespace fs = std::filesystem;

constexpr const char* library_name = "libcudnn_graph.so.9";

Error unavailable(const std::string& reason) { return {ErrorCode::BackendUnavailable, reason}; }

std::string stated(const char* variable) {
  const char* value = std::getenv(variable);
  return value ? value : "";
}

/// ROOT/lib/python3.*/site-packages/nvidia/cudnn/lib
void add_python_folders(const std::string& root, std::vector<std::string>& folders) {
  if (root.empty()) return;
  std::error_code ignored;
  for (fs::directory_iterator at(fs::path(root) / "lib", ignored), end; !ignored && at != end; at.increment(ignored))
    if (at->path().filename().string().starts_with("python3"))
      folders.push_back((at->path() / "site-packages/nvidia/cudnn/lib").string());
}

std::string path_of(const void* function, const std::string& otherwise) {
  Dl_info info{};
  return dladdr(function, &info) && info.dli_fname ? info.dli_fname : otherwise;
}

template <class Function>
Status find(void* library, const std::string& path, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  if (function) return {};
  return unavailable("cuDNN in " + path + " lacks " + name);
}

Result<CudnnLibrary> look_up(void* library, const std::string& file) {
  CudnnLibrary found{};
  CudnnFunctions& f = found.functions;
  CNN_CHECK(find(library, file, "cudnnGetVersion", f.get_version));
  found.path = path_of(reinterpret_cast<const void*>(f.get_version), file);
  found.version = f.get_version();
  if (found.version < least_cudnn_version || found.version >= 100000)
    return unavailable("cuDNN in " + found.path + " is version " + cudnn_version_text(found.version) + ", needed is " +
                       cudnn_version_text(least_cudnn_version) + " or later of version 9");
  CNN_CHECK(find(library, found.path, "cudnnGetErrorString", f.get_error_string));
  CNN_CHECK(find(library, found.path, "cudnnGetLastErrorString", f.get_last_error_string));
  CNN_CHECK(find(library, found.path, "cudnnCreate", f.create));
  CNN_CHECK(find(library, found.path, "cudnnDestroy", f.destroy));
  CNN_CHECK(find(library, found.path, "cudnnSetStream", f.set_stream));
  CNN_CHECK(find(library, found.path, "cudnnBackendCreateDescriptor", f.create_descriptor));
  CNN_CHECK(find(library, found.path, "cudnnBackendDestroyDescriptor", f.destroy_descriptor));
  CNN_CHECK(find(library, found.path, "cudnnBackendFinalize", f.finalize));
  CNN_CHECK(find(library, found.path, "cudnnBackendSetAttribute", f.set_attribute));
  CNN_CHECK(find(library, found.path, "cudnnBackendGetAttribute", f.get_attribute));
  CNN_CHECK(find(library, found.path, "cudnnBackendExecute", f.execute));
  return found;
}

}  // namespace

std::vector<std::string> cudnn_folders() {
  if (const std::string folder = stated("CNN_CUDNN_FOLDER"); !folder.empty()) return {folder};
  std::vector<std::string> folders = {""};
  for (const std::string& root : {stated("CUDA_HOME"), stated("CUDA_PATH"), std::string("/usr/local/cuda")})
    if (!root.empty())
      for (const char* part : {"/lib64", "/lib"}) folders.push_back(root + part);
  add_python_folders(stated("VIRTUAL_ENV"), folders);
  add_python_folders(stated("CONDA_PREFIX"), folders);
  return folders;
}

Result<CudnnLibrary> load_cudnn(const std::vector<std::string>& folders) {
  std::string searched, damaged;
  for (const std::string& folder : folders) {
    const std::string file = folder.empty() ? library_name : folder + "/" + library_name;
    if (void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL)) return look_up(library, file);
    searched += (searched.empty() ? "" : ", ") + (folder.empty() ? "the linker's path" : folder);
    std::error_code ignored;
    if (const char* reason = dlerror(); damaged.empty() && !folder.empty() && fs::exists(file, ignored))
      damaged = reason ? reason : file;
  }
  if (!damaged.empty()) return unavailable("cuDNN does not load: " + damaged);
  return unavailable(std::string("cuDNN 9 is not installed: no ") + library_name + " in " + searched);
}

const Result<CudnnLibrary>& cudnn_library() {
  static const Result<CudnnLibrary> library = load_cudnn(cudnn_folders());
  return library;
}

std::string cudnn_version_text(size_t version) {
  // Up to 8 the major version is worth 1000.
  const size_t major = version < 10000 ? version / 1000 : version / 10000;
  const size_t rest = version < 10000 ? version % 1000 : version % 10000;
  return std::to_string(major) + "." + std::to_string(rest / 100) + "." + std::to_string(rest % 100);
}

Status checked(const CudnnFunctions& cudnn, cudnnStatus_t code, std::string_view what) {
  if (code == CUDNN_STATUS_SUCCESS) return {};
  char details[512] = "";
  cudnn.get_last_error_string(details, sizeof details);
  const bool unsupported = CUDNN_STATUS_CATEGORY(code) == CUDNN_STATUS_NOT_SUPPORTED;
  return error(unsupported ? ErrorCode::Unsupported : ErrorCode::DeviceFailure, "cuDNN, ", what, ": ",
               cudnn.get_error_string(code), *details ? ": " : "", details);
}

}  // namespace cnn::cuda
