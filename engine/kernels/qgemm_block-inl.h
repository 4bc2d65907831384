// SPDX-License-Identifier: MIT
// A block of the integer matrix product with products of a kind; include after hwy/highway.h in a file that uses
// hwy/foreach_target.h.
#if defined(CNN_QGEMM_BLOCK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CNN_QGEMM_BLOCK_INL_H_
#undef CNN_QGEMM_BLOCK_INL_H_
#else
#define CNN_QGEMM_BLOCK_INL_H_
#endif

#include <algorithm>

#include "engine/kernels/qgemm_block.h"
#include "engine/kernels/qgemm_output-inl.h"
#include "engine/kernels/qgemm_tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {

constexpr int64_t most_columns = 4 * HWY_MAX_BYTES / sizeof(int32_t);

/// Rows [begin, end) by one panel.
template <class Products>
struct PanelWork {
  const QgemmBlock& block;
  QgemmTile tile;
  int64_t vectors, width, column;

  /// `fetches` the panel that follows in memory meanwhile: weights are seldom in a cache when their layer begins.
  void run(int64_t begin, int64_t end, bool fetches) {
    const int64_t used = std::min(width, block.panels->columns - column), most = max_qgemm_rows(vectors);
    const QgemmOutput to = block.to.from(column);
    const int64_t row_bytes = block.output_step * size_of(to.result);
    std::byte* output = block.output + begin * row_bytes + column * size_of(to.result);
    const int64_t pieces = quotient_up(end - begin, most);
    const int64_t usual = (end - begin) / pieces, longer = (end - begin) % pieces;
    const int64_t panel_bytes = width * block.panels->depth * int64_t{sizeof(int32_t)};
    const int64_t next_lines = panel_bytes / 64, steps = fetches && block.run >= 16 ? block.taps * (block.run / 8) : 0;
    // Rows of sums that are to lie side by side as those of a tile need no copy.
    const bool direct = to.result == QgemmResult::Int32 && used == width && block.output_step == width;
    const bool packs = HWY_TARGET == HWY_AVX2 && to.packs.used && used == width;
    tile.bytes = packs ? &to : nullptr;
    tile.output_step = block.output_step;
    const int64_t lines = steps ? quotient_up(next_lines, steps * pieces) : 0;
    int64_t fetched = 0;
    tile.ahead = tile.panel + panel_bytes;
    for (int64_t piece = 0, row = begin; piece < pieces; ++piece) {
      const int64_t rows = usual + (piece < longer ? 1 : 0);
      if (block.addresses)
        tile.addresses = block.addresses + row * block.taps;
      else
        tile.first_row = block.first_row + row * block.row_step + block.address_offset;
      tile.lines = fetched < next_lines ? lines : 0;
      tile.output = reinterpret_cast<uint8_t*>(output);
      if (direct) tile.sums = reinterpret_cast<int32_t*>(output);
      if (block.addresses)
        tile_of<QgemmTiles<Products, false>>(rows, vectors)(tile);
      else
        tile_of<QgemmTiles<Products, true>>(rows, vectors)(tile);
      fetched += lines * steps;
      tile.ahead += lines * steps * 64;
      if (!direct && !packs) store_rows(tile.sums, width, rows, used, to, output, block.output_step);
      row += rows;
      output += rows * row_bytes;
    }
  }
};

template <class Products>
void multiply_bytes(const QgemmBlock& block) {
  const GemmPanels& panels = *block.panels;
  HWY_ALIGN int32_t sums[most_qgemm_rows * most_columns];
  HWY_ALIGN int32_t last_bias[most_columns];
  HWY_ALIGN static constexpr int32_t no_bias[most_columns] = {};
  if (block.rows == 0 || block.first_panel >= block.last_panel) return;

  PanelWork<Products> work{block, {}, 0, 0, 0};
  work.tile.row_step = block.row_step;
  work.tile.address_offset = block.address_offset;
  work.tile.zeros = block.zeros;
  work.tile.taps = block.taps;
  work.tile.run = block.run;
  work.tile.sums = sums;

  // Panels that fit into half of the first-level cache take turns on some rows while these are there as well. Wider
  // ones come from the second level each time, so that one of them sees all rows before the next.
  constexpr int64_t stays_bytes = 16 << 10, rows_bytes = 8 << 10, least = 8, lane_bytes = sizeof(int32_t);
  const bool stays = panels.width(0) * panels.depth * lane_bytes <= stays_bytes;
  const int64_t most = max_qgemm_rows(panels.vectors / panels.count), tiles = quotient_up(block.rows, most);
  const int64_t at_once = std::max(least, rows_bytes / (std::max<int64_t>(1, panels.depth) * lane_bytes * most));
  const int64_t strips = stays ? quotient_up(tiles, at_once) : 1;
  for (int64_t strip = 0; strip < strips; ++strip) {
    const int64_t begin = tiles * strip / strips * most,
                  end = std::min(block.rows, tiles * (strip + 1) / strips * most);
    for (int64_t p = block.first_panel; p < block.last_panel; ++p) {
      work.vectors = panels.width_vectors(p);
      work.width = panels.width(p);
      work.column = panels.first_column(p);
      work.tile.panel = block.packed + panels.offset(p) * lane_bytes;
      work.tile.bias = block.bias ? block.bias + work.column : no_bias;
      if (const int64_t used = panels.columns - work.column; block.bias && used < work.width) {
        std::fill(std::copy_n(block.bias + work.column, used, last_bias), last_bias + work.width, 0);
        work.tile.bias = last_bias;
      }
      work.run(begin, end, strip == 0);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#endif  // CNN_QGEMM_BLOCK_INL_H_
