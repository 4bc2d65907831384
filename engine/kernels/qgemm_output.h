// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace cnn {

/// Element type of a quantised product's result.
enum class QgemmResult : uint8_t {
  Int32,    ///< the sums
  Float32,  ///< min(high, max(low, sum * scale))
  Byte      ///< zero + round(min(high, max(low, sum * scale))), ties to even, stored as int8 or uint8
};

/// How sums of int32 become results. Arrays are [outputs] and not used for Int32. For Byte the bounds are less `zero`
/// and within the stored type's range, so that int8 and uint8 have the same low byte.
struct QgemmOutput {
  QgemmResult result = QgemmResult::Int32;
  const float* scale = nullptr;
  const float* low = nullptr;
  const float* high = nullptr;
  int32_t zero = 0;

  /// From output channel `first` on.
  QgemmOutput from(int64_t first) const {
    if (result == QgemmResult::Int32) return *this;
    return {result, scale + first, low + first, high + first, zero};
  }
};

/// Bytes of one result.
constexpr int64_t size_of(QgemmResult result) { return result == QgemmResult::Byte ? 1 : 4; }

}  // namespace cnn
