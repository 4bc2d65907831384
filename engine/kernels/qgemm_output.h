// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>

namespace cnn {

/// Bytes in one range for all outputs as saturating instructions make them: round(sum * scale) + zero as uint8 between
/// bounds, then bits flipped.
struct QgemmPacks {
  bool used = false;      ///< scales are within -1 and 1, so that sum * scale is an int32; and bounds are one for all
  bool all_bytes = true;  ///< uint8 without bounds: neither is to be done
  int16_t zero = 0;       ///< 0 to 255
  uint8_t least = 0, most = 255;
  uint8_t flip = 0;  ///< 0x80 for int8, which is moved by 128 meanwhile
};

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
  QgemmPacks packs{};

  /// From output channel `first` on.
  QgemmOutput from(int64_t first) const {
    if (result == QgemmResult::Int32) return *this;
    return {result, scale + first, low + first, high + first, zero, packs};
  }

  /// Finds out whether results can be packed, for [outputs] scales and bounds that will not change.
  void find_packs(int64_t outputs, bool is_signed) {
    packs = {};
    if (result != QgemmResult::Byte || outputs == 0) return;
    for (int64_t m = 0; m < outputs; ++m)  // NaN is like nothing
      if (!(std::abs(scale[m]) < 1.0f && low[m] == low[0] && high[m] == high[0])) return;
    const int32_t moved = zero + (is_signed ? 128 : 0);
    const auto bound = [&](float number) { return static_cast<int32_t>(std::nearbyint(number)) + moved; };
    const int32_t least = bound(low[0]), most = bound(high[0]);
    packs = {.used = true,
             .all_bytes = least == 0 && most == 255 && !is_signed,
             .zero = static_cast<int16_t>(moved),
             .least = static_cast<uint8_t>(least),
             .most = static_cast<uint8_t>(most),
             .flip = static_cast<uint8_t>(is_signed ? 0x80 : 0)};
  }
};

/// Bytes of one result.
constexpr int64_t size_of(QgemmResult result) { return result == QgemmResult::Byte ? 1 : 4; }

}  // namespace cnn
