// SPDX-License-Identifier: MIT
#include "tools/classify/plugin_path.h"

#include <gst/gst.h>

#include <cstdlib>
#include <filesystem>

namespace cnn::classify {

void find_plugin() {
  namespace fs = std::filesystem;
  fs::path folder;
  std::error_code failure;
  if (const char* chosen = std::getenv("CNN_PLUGIN_DIR")) {
    folder = chosen;
  } else {
    folder = fs::read_symlink("/proc/self/exe", failure).parent_path().parent_path() / "plugin";
  }
  if (fs::exists(folder / "libgstcnn.so", failure)) gst_registry_scan_path(gst_registry_get(), folder.c_str());
}

}  // namespace cnn::classify
