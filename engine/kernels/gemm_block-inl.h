// SPDX-License-Identifier: MIT
// A block of the matrix product with products of a kind; include after hwy/highway.h in a file that uses
// hwy/foreach_target.h.
#if defined(CNN_GEMM_BLOCK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CNN_GEMM_BLOCK_INL_H_
#undef CNN_GEMM_BLOCK_INL_H_
#else
#define CNN_GEMM_BLOCK_INL_H_
#endif

#include <algorithm>

#include "engine/kernels/activation-inl.h"
#include "engine/kernels/activation_rows-inl.h"
#include "engine/kernels/gemm_block.h"
#include "engine/kernels/gemm_tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {

constexpr int64_t max_width = 4 * HWY_MAX_BYTES / sizeof(float);

/// The last panel may reach past the last column: its tile goes through memory of its own.
static HWY_NOINLINE void multiply_partial(TileFunction function, Tile tile, int64_t rows, int64_t width, int64_t used) {
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

template <class Products>
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
      const TileFunction function = tile_function<Products>(rows, vectors);
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

#endif  // CNN_GEMM_BLOCK_INL_H_
