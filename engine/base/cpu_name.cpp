// SPDX-License-Identifier: MIT
#include "engine/base/cpu_name.h"

#include <fstream>

namespace cnn {

std::string cpu_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (const size_t colon = line.find(": "); line.starts_with("model name") && colon != std::string::npos)
      return line.substr(colon + 2);
  return "unknown";
}

}  // namespace cnn
