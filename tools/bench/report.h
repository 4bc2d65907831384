// SPDX-License-Identifier: MIT
#pragma once

#include "tools/bench/roofline.h"

namespace cnn::tools {

/// All that cnn-bench prints.
struct BenchReport {
  Machine machine;
  std::vector<Measurement> models;
  bool layers = false;  ///< also one row per layer
};

std::string as_table(const BenchReport& report);
std::string as_json(const BenchReport& report);

}  // namespace cnn::tools
