// SPDX-License-Identifier: MIT
#include "engine/kernels/gemm_block.h"

#include <algorithm>

#include "engine/kernels/cache_size.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/gemm_block.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/activation-inl.h"
#include "engine/kernels/activation_rows-inl.h"
#include "engine/kernels/gemm_tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {

constexpr int64_t max_width = 4 * HWY_MAX_BYTES / sizeof(float);

GemmTarget target() {
  const int64_t usual = vector_registers >= 32 ? 4 : 2;
  return {static_cast<int>(hn::Lanes(hn::ScalableTag<float>())), vector_registers,
          static_cast<int>(max_tile_rows(usual))};
}

/// The last panel may reach past the last column: its tile goes through memory of its own.
HWY_NOINLINE void multiply_partial(TileFunction function, Tile tile, int64_t rows, int64_t width, int64_t used) {
  constexpr int64_t max_floats = 14 * max_width;
  HWY_ALIGN float results[max_floats];
  if (tile.residual) {
    for (int64_t r = 0; r < rows; ++r) {
      std::copy_n(tile.residual + r * tile.residual_step, used, results + r * width);
      std::fill_n(results + r * width + used, width - used, 0.0f);
    }
    tile.residual = results;
    tile.residual_step = width;
  }
  float* output = tile.output;
  const int64_t output_step = tile.output_step;
  tile.output = results;
  tile.output_step = width;
  function(tile);
  for (int64_t r = 0; r < rows; ++r) std::copy_n(results + r * width, used, output + r * output_step);
}

void multiply(const GemmBlock& block) {
  if (block.rows == 0) return;
  const GemmPanels& panels = *block.panels;
  const RowsActivation activation(block.activation);
  HWY_ALIGN float last_bias[max_width];
  HWY_ALIGN static constexpr float no_bias[max_width] = {};

  Tile tile{};
  tile.address_offset = block.address_offset;
  tile.zeros = block.zeros;
  tile.taps = block.taps;
  tile.channels = block.channels;
  tile.residual_step = block.residual_step;
  tile.output_step = block.output_step;
  tile.clamps = activation.clamps() && block.activation.kind != ActivationKind::None;
  tile.low = activation.low();
  tile.high = activation.high();

  // A panel stays in the first-level cache while the rows, fewer bytes per tile, come from the second.
  for (int64_t p = block.first_panel; p < block.last_panel; ++p) {
    const int64_t vectors = panels.width_vectors(p), width = panels.width(p), column = panels.first_column(p);
    const int64_t used = std::min(width, panels.columns - column);
    tile.panel = block.packed + panels.offset(p);
    tile.bias = block.bias ? block.bias + column : no_bias;
    if (block.bias && used < width) {
      std::fill(std::copy_n(block.bias + column, used, last_bias), last_bias + width, 0.0f);
      tile.bias = last_bias;
    }
    const int64_t pieces = quotient_up(block.rows, max_tile_rows(vectors));
    // Meanwhile comes the panel that follows in memory: filters are seldom in a cache when their layer begins.
    const int64_t next_lines = width * panels.depth / 16, steps = block.channels >= 64 ? panels.depth / 8 : 0;
    const int64_t lines = steps ? quotient_up(next_lines, steps * pieces) : 0;
    int64_t fetched = 0;
    tile.ahead = tile.panel + width * panels.depth;
    const int64_t usual = block.rows / pieces, longer = block.rows % pieces;
    for (int64_t piece = 0, row = 0, rows = 0; piece < pieces; ++piece, row += rows) {
      rows = usual + (piece < longer ? 1 : 0);
      tile.addresses = block.addresses + row * block.taps;
      tile.residual = block.residual ? block.residual + row * block.residual_step + column : nullptr;
      tile.output = block.output + row * block.output_step + column;
      tile.lines = fetched < next_lines ? lines : 0;
      const TileFunction function = tile_function(rows, vectors);
      if (used == width) {
        function(tile);
      } else {
        multiply_partial(function, tile, rows, width, used);
      }
      fetched += lines * steps;
      tile.ahead += lines * steps * 16;
      if (!activation.clamps()) activation.apply(tile.output, block.output_step, rows, used);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cnn {

HWY_EXPORT(target);
HWY_EXPORT(multiply);

GemmTarget gemm_target() { return HWY_DYNAMIC_DISPATCH(target)(); }
void multiply_block(const GemmBlock& block) { HWY_DYNAMIC_DISPATCH(multiply)(block); }

namespace {

/// Whether memory is read less when each group of panels meets all rows in turn than when each block of rows meets all
/// panels. Threads divide what is outermost; what does not fit into the cache comes anew for each item outside of it.
bool reads_less_by_panels(int64_t blocks, int64_t groups, int64_t row_bytes, int64_t panel_bytes, int threads) {
  const int64_t panels_read = groups > 1 ? quotient_up(blocks, threads) : 1;
  const int64_t rows_read = blocks > 1 ? quotient_up(groups, threads) : 1;
  return panel_bytes / threads + rows_read * row_bytes < panels_read * panel_bytes + row_bytes / threads;
}

}  // namespace

GemmSplit::GemmSplit(const GemmPanels& panels, int64_t rows, int64_t row_bytes, int64_t max_rows, int64_t repeated,
                     int threads)
    : repeats(repeated) {
  // Half a second-level cache for the panels of a group, a quarter for the rows of a block.
  const int64_t group_bytes = second_level_cache_bytes() / 2, block_bytes = second_level_cache_bytes() / 4;
  const int64_t row_multiple = gemm_target().tile_rows;
  const int64_t panel_count = std::max<int64_t>(1, panels.count);
  const int64_t panel_bytes = std::max<int64_t>(1, panels.size() * int64_t{sizeof(float)} / panel_count);
  // Below this many multiply-accumulates per chunk the threads' start costs more than they bring.
  constexpr double least_work = 5e4;
  const double work = static_cast<double>(rows) * static_cast<double>(panels.size()) * static_cast<double>(repeats);
  const int64_t useful = std::max<int64_t>(1, static_cast<int64_t>(std::min(work / least_work, 1e6)));
  chunks = threads == 1 ? 1 : std::min<int64_t>(useful, int64_t{4} * threads);

  group_panels = std::clamp<int64_t>(group_bytes / panel_bytes, 1, panel_count);
  block_rows = std::max(row_multiple, block_bytes / std::max<int64_t>(1, row_bytes) / row_multiple * row_multiple);
  block_rows = std::max<int64_t>(1, std::min({block_rows, max_rows, rows}));
  panels_stay = reads_less_by_panels(quotient_up(rows, block_rows), quotient_up(panel_count, group_panels),
                                     rows * row_bytes, panel_count * panel_bytes, threads);
  // Enough items for every chunk: what is read less is cut first.
  const int64_t wanted = quotient_up(chunks, repeats);
  const auto cut_rows = [&](int64_t pieces) {
    block_rows = std::min(block_rows, std::max(row_multiple * 2, quotient_up(rows, pieces)));
    blocks = quotient_up(rows, block_rows);
  };
  const auto cut_panels = [&](int64_t pieces) {
    group_panels = std::min(group_panels, std::max<int64_t>(1, panel_count / std::max<int64_t>(1, pieces)));
    groups = quotient_up(panel_count, group_panels);
  };
  if (panels_stay) {
    cut_panels(wanted);
    cut_rows(quotient_up(wanted, groups));
  } else {
    cut_rows(wanted);
    cut_panels(quotient_up(wanted, std::max<int64_t>(1, blocks)));
  }
  if (panels.count == 0) groups = 0;
  chunks = std::min(chunks, std::max<int64_t>(1, items()));
}

}  // namespace cnn
#endif  // HWY_ONCE
