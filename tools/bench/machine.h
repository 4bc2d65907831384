// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace cnn::tools {

/// What a machine can do at most when `threads` threads work at once. Rates are per second and sums over the threads.
struct Machine {
  std::string cpu;  ///< as the system names it; "unknown" where it does not
  int threads = 1;
  double fp32 = 0;               ///< FLOP of fused multiply-adds, two each
  std::optional<double> int8;    ///< operations of 8-bit dot products, two each; absent: not on this CPU
  std::optional<double> bf16;    ///< FLOP of bfloat16 dot products, two each; absent: not on this CPU
  double cache_read = 0;         ///< bytes from the second-level cache
  double memory_read = 0;        ///< bytes from memory
  int64_t last_cache_bytes = 0;  ///< size of the last-level cache
};

/// Measures each rate in many windows of two milliseconds and keeps the best, in less than a second altogether: on a busy
/// machine some windows are undisturbed.
/// `threads` >= 1. Throws std::bad_alloc when memory runs out.
Machine measure_machine(int threads);

}  // namespace cnn::tools
