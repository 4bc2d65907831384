// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "engine/base/precision.h"

namespace cnn::tools {

/// For CLI::Option::check: "" for fp32, bf16, fp16, tf32, int8 and auto, otherwise what is wrong.
inline std::string check_precision(const std::string& precision) {
  return parse_precision(precision) ? "" : "precision is '" + precision + "', it must be fp32, bf16, fp16, tf32, int8 or auto";
}

}  // namespace cnn::tools
