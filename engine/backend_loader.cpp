// SPDX-License-Identifier: MIT
#include "engine/backend_loader.h"

#include <algorithm>

namespace cnn {
namespace {

constexpr const char* no_module = "this build has no GPU backend (cnn-cuda.so)";

bool is_cuda(const std::string& device) {
  if (device == "cuda") return true;
  return device.size() > 5 && device.compare(0, 5, "cuda:") == 0 &&
         std::all_of(device.begin() + 5, device.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Result<BackendChoice> choose_backend(const std::string& device) {
  if (device == "cpu") return BackendChoice{"cpu", ""};
  if (device == "auto") return BackendChoice{"cpu", no_module};
  if (is_cuda(device)) return error(ErrorCode::BackendUnavailable, "device ", device, ": ", no_module);
  return error(ErrorCode::InvalidArgument, "device \"", device, "\" is unknown: auto, cpu, cuda and cuda:N are");
}

}  // namespace cnn
