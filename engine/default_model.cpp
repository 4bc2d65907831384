// SPDX-License-Identifier: MIT
#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>

#include "engine/classifier.h"

namespace cnn {

std::string default_model_file() {
  namespace fs = std::filesystem;
  if (const char* stated = std::getenv("CNN_DEFAULT_MODEL"); stated && *stated) return stated;
  std::error_code absent;
  if (fs::exists(CNN_INSTALLED_MODEL, absent)) return CNN_INSTALLED_MODEL;
  // A prefix that was moved after installation: from lib/ or lib/<triplet>/ to share/.
  Dl_info library{};
  if (dladdr(reinterpret_cast<const void*>(&default_model_file), &library) && library.dli_fname) {
    const fs::path folder = fs::path(library.dli_fname).parent_path();
    for (const char* up : {"..", "../.."}) {
      const fs::path model = folder / up / "share/gst-cnn/models/everyday.onnx";
      if (fs::exists(model, absent)) return model.lexically_normal().string();
    }
  }
  return CNN_SOURCE_MODEL;
}

}  // namespace cnn
