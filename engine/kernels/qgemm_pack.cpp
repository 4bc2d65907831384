// SPDX-License-Identifier: MIT
#include "engine/kernels/qgemm_pack.h"

#include <algorithm>

namespace cnn {
namespace {

/// `lane` elements of T for each column and step: of neighbouring channels.
template <int64_t lane, class T, class From>
void pack_lanes(const GemmPanels& panels, const ConvGeometry& g, const From& from, T* to) {
  const int64_t channels = g.group_channels(), outputs = g.group_outputs();
  for (int64_t group = 0; group < g.groups; ++group)
    for (int64_t p = 0; p < panels.count; ++p) {
      const int64_t column = panels.first_column(p), width = panels.width(p);
      const int64_t used = std::min(width, panels.columns - column);
      for (int64_t tap = 0; tap < g.taps(); ++tap)
        for (int64_t c = 0; c < channels; c += lane)
          for (int64_t i = 0; i < width; ++i)
            for (int64_t k = 0; k < lane; ++k, ++to) {
              const int64_t m = group * outputs + column + i;
              *to = i < used && c + k < channels ? static_cast<T>(from.at(m, c + k, tap) - from.zero(m)) : T{0};
            }
    }
}

}  // namespace

bool fits_quads(const ConvGeometry& g, const QgemmWeights& weights) {
  return read_weights(weights, [&](const auto& from) {
    for (int64_t m = 0; m < g.outputs; ++m) {
      if (weights.is_signed && from.zero(m) == 0) continue;
      for (int64_t c = 0; c < g.group_channels(); ++c)
        for (int64_t tap = 0; tap < g.taps(); ++tap)
          if (const int value = from.at(m, c, tap) - from.zero(m); value < INT8_MIN || value > INT8_MAX) return false;
    }
    return true;
  });
}

void pack_pairs(const GemmPanels& panels, const ConvGeometry& g, const QgemmWeights& weights, int16_t* packed) {
  read_weights(weights, [&](const auto& from) { pack_lanes<2>(panels, g, from, packed); });
}

void pack_windows(const GemmPanels& panels, const ConvGeometry& g, const QgemmWeights& weights, int16_t* packed) {
  const int64_t channels = g.channels, numbers = g.taps() * channels;
  read_weights(weights, [&](const auto& from) {
    for (int64_t p = 0; p < panels.count; ++p) {
      const int64_t column = panels.first_column(p), width = panels.width(p);
      for (int64_t k = 0; k < panels.depth * 2; k += 2)
        for (int64_t m = column; m < column + width; ++m)
          for (int64_t i = k; i < k + 2; ++i)
            *packed++ = m < panels.columns && i < numbers
                            ? static_cast<int16_t>(from.at(m, i % channels, i / channels) - from.zero(m))
                            : int16_t{0};
    }
  });
}

void pack_quads(const GemmPanels& panels, const ConvGeometry& g, const QgemmWeights& weights, int8_t* packed,
                int32_t* sums) {
  read_weights(weights, [&](const auto& from) {
    pack_lanes<4>(panels, g, from, packed);
    for (int64_t m = 0; m < g.outputs; ++m) {
      uint32_t sum = 0;
      for (int64_t c = 0; c < g.group_channels(); ++c)
        for (int64_t tap = 0; tap < g.taps(); ++tap) sum += static_cast<uint32_t>(from.at(m, c, tap) - from.zero(m));
      sums[m] = static_cast<int32_t>(sum);
    }
  });
}

}  // namespace cnn
