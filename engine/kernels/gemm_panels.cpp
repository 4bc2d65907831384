// SPDX-License-Identifier: MIT
#include "engine/kernels/gemm_panels.h"

#include "engine/kernels/gemm_block.h"

namespace cnn {

GemmPanels::GemmPanels(int64_t depth_, int64_t columns_) : depth(depth_), columns(columns_) {
  const GemmTarget target = gemm_target();
  lanes = target.lanes;
  vectors = (columns + lanes - 1) / lanes;
  if (vectors == 0) return;
  // Four vectors need the 32 registers; two take half the bytes of b per step and double the rows, which wins
  // once a panel of four would crowd out the second-level cache.
  constexpr int64_t crowding = 768 << 10;
  const bool wide = target.registers >= 32 && depth * 4 * lanes * int64_t{sizeof(float)} <= crowding;
  count = wide ? (vectors + 3) / 4 : std::max<int64_t>(1, vectors / 2);
}

void pack_panels(const GemmPanels& panels, const GemmWeights& weights, float* packed, float scale) {
  pack_some_panels(panels, weights, packed, scale, 0, panels.count);
}

void pack_some_panels(const GemmPanels& panels, const GemmWeights& weights, float* packed, float scale, int64_t begin,
                      int64_t end) {
  // Blocks of rows keep both the strided reads and the strided writes in the first-level cache; the taps of a block
  // share the lines that are read.
  constexpr int64_t rows_at_once = 16;
  for (int64_t p = begin; p < end; ++p) {
    const int64_t width = panels.width(p), first = panels.first_column(p);
    const int64_t used = std::min(width, panels.columns - first);
    float* panel = packed + panels.offset(p);
    if (weights.taps == 1 && weights.column_step == 1) {  // rows of b are copied
      for (int64_t c = 0; c < weights.channels; ++c, panel += width) {
        const float* from = weights.data + first + c * weights.channel_step;
        for (int64_t column = 0; column < used; ++column) panel[column] = scale * from[column];
        std::fill(panel + used, panel + width, 0.0f);
      }
      continue;
    }
    for (int64_t c0 = 0; c0 < weights.channels; c0 += rows_at_once) {
      const int64_t c1 = std::min(c0 + rows_at_once, weights.channels);
      for (int64_t tap = 0; tap < weights.taps; ++tap) {
        float* to = panel + (tap * weights.channels) * width;
        for (int64_t column = 0; column < width; ++column) {
          const float* from = weights.data + tap * weights.tap_step + (first + column) * weights.column_step;
          for (int64_t c = c0; c < c1; ++c)
            to[c * width + column] = column < used ? scale * from[c * weights.channel_step] : 0.0f;
        }
      }
    }
  }
}

}  // namespace cnn
