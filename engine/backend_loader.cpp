// SPDX-License-Identifier: MIT
#include "engine/backend_loader.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "engine/device_context.h"

namespace cnn {
namespace {

namespace fs = std::filesystem;

/// N of "cuda:N", 0 of "cuda".
std::optional<int> ordinal_of(const std::string& device) {
  if (device == "cuda") return 0;
  const std::string digits = device.starts_with("cuda:") ? device.substr(5) : "";
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (digits.empty() || digits.size() > 4 || !std::all_of(digits.begin(), digits.end(), is_digit)) return {};
  return std::stoi(digits);
}

Error unavailable(const std::string& reason) { return {ErrorCode::BackendUnavailable, reason}; }

Result<std::string> module_path() {
  if (const char* stated = std::getenv("CNN_CUDA_MODULE")) {
    if (!*stated) return unavailable("CNN_CUDA_MODULE is empty: GPUs are switched off");
    if (!fs::exists(stated)) return unavailable(std::string("CNN_CUDA_MODULE names ") + stated + ", which does not exist");
    return std::string(stated);
  }
  Dl_info here{};
  if (!dladdr(reinterpret_cast<void*>(&choose_backend), &here) || !here.dli_fname)
    return unavailable("the library does not know its own folder");
  const fs::path folder = fs::absolute(here.dli_fname).parent_path();
  for (const fs::path& place : {folder, folder / "gst-cnn", folder / "cuda"})
    if (const fs::path path = place / "cnn-cuda.so"; fs::exists(path)) return path.string();
  return unavailable("there is no GPU backend (cnn-cuda.so) in " + folder.string());
}

template <class Function>
Function find(void* module, const char* name) {
  return reinterpret_cast<Function>(dlsym(module, name));
}

Result<const CudaBackend*> load_module() {
  CNN_TRY(path, module_path());
  void* module = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!module) return unavailable(std::string("the GPU backend does not load: ") + dlerror());
  const auto interface = find<CudaInterfaceFunction>(module, "cnn_cuda_interface");
  const auto backend = find<CudaBackendFunction>(module, "cnn_cuda_backend");
  if (!interface || !backend) return unavailable(path + " is no GPU backend of gst-cnn");
  if (interface() != std::string(cuda_interface))
    return unavailable(path + " is of another version (" + interface() + ") than this library (" + cuda_interface + ")");
  return backend();
}

Result<const CudaBackend*> usable_gpu(int ordinal) {
  static const Result<const CudaBackend*> module = load_module();
  if (!module) return module.error();
  CNN_CHECK((*module)->check(ordinal));
  return *module;
}

}  // namespace

Result<BackendChoice> choose_backend(const std::string& device) {
  if (device == "cpu") return BackendChoice{};
  const auto ordinal = device == "auto" ? 0 : ordinal_of(device);
  if (!ordinal)
    return error(ErrorCode::InvalidArgument, "device \"", device, "\" is unknown: auto, cpu, cuda and cuda:N are");
  auto backend = usable_gpu(*ordinal);
  if (backend) return BackendChoice{"cuda:" + std::to_string(*ordinal), "", *backend, *ordinal};
  if (device == "auto") return BackendChoice{"cpu", backend.error().what, nullptr, 0};
  return error(backend.error().code, "device ", device, ": ", backend.error().what);
}

Result<DeviceContext> device_context(const std::string& device) {
  CNN_TRY(choice, choose_backend(device));
  if (!choice.cuda) return unavailable(choice.reason.empty() ? "device " + device + " is no GPU" : choice.reason);
  return choice.cuda->context(choice.ordinal);
}

}  // namespace cnn
