// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace cnn::tools {

/// For CLI::Option::check: "" for auto, cpu, cuda and cuda:N, otherwise what is wrong.
inline std::string check_device(const std::string& device) {
  if (device == "auto" || device == "cpu" || device == "cuda") return "";
  const bool numbered = device.starts_with("cuda:") && device.size() > 5;
  if (numbered && device.find_first_not_of("0123456789", 5) == std::string::npos) return "";
  return "device is '" + device + "', it must be auto, cpu, cuda or cuda:N";
}

}  // namespace cnn::tools
