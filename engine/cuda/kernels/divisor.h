// SPDX-License-Identifier: MIT
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace cnn::cuda {

/// Division of n in [0, 2^31) by a number that the host knows, without the GPU's slow division: Granlund and
/// Montgomery, "Division by invariant integers using multiplication", PLDI 1994, figure 4.1.
struct Divisor {
  uint32_t divisor = 1, multiplier = 1, shift = 0;

  Divisor() = default;
  /// 1 <= d < 2^31.
  explicit Divisor(int64_t d) : divisor(static_cast<uint32_t>(d)) {
    while ((uint64_t{1} << shift) < divisor) ++shift;
    multiplier = static_cast<uint32_t>(((uint64_t{1} << 32) * ((uint64_t{1} << shift) - divisor)) / divisor + 1);
  }

  __host__ __device__ uint32_t quotient(uint32_t n) const {
    const auto high = static_cast<uint32_t>((uint64_t{n} * multiplier) >> 32);
    return (high + n) >> shift;
  }
  /// Divides `n` in place; the rest.
  __host__ __device__ uint32_t divide(uint32_t& n) const {
    const uint32_t whole = quotient(n), rest = n - whole * divisor;
    n = whole;
    return rest;
  }
};

}  // namespace cnn::cuda
