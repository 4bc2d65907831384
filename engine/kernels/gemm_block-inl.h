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
#include <limits>

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
  constexpr float infinity = std::numeric_limits<float>::infinity();
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
  tile.low = activation.clamps() ? activation.low() : -infinity;
  tile.high = activation.clamps() ? activation.high() : infinity;

  int64_t most = 1;
  for (int64_t p = block.first_panel; p < block.last_panel; ++p)
    most = std::max(most, max_tile_rows(panels.width_vectors(p)));
  // Every panel sees the rows in turn while they are in the first-level cache.
  const int64_t strips = (block.rows + most - 1) / most;
  for (int64_t strip = 0; strip < strips; ++strip) {
    const int64_t begin = block.rows * strip / strips, end = block.rows * (strip + 1) / strips;
    for (int64_t p = block.first_panel; p < block.last_panel; ++p) {
      const int64_t vectors = panels.width_vectors(p), width = panels.width(p), column = panels.first_column(p);
      const int64_t used = std::min(width, panels.columns - column);
      tile.panel = block.packed + panels.offset(p);
      tile.bias = block.bias ? block.bias + column : no_bias;
      if (block.bias && used < width) {
        std::fill(std::copy_n(block.bias + column, used, last_bias), last_bias + width, 0.0f);
        tile.bias = last_bias;
      }
      const int64_t pieces = (end - begin + max_tile_rows(vectors) - 1) / max_tile_rows(vectors);
      for (int64_t piece = 0; piece < pieces; ++piece) {
        const int64_t row = begin + (end - begin) * piece / pieces;
        const int64_t rows = begin + (end - begin) * (piece + 1) / pieces - row;
        tile.addresses = block.addresses + row * block.taps;
        tile.residual = block.residual ? block.residual + row * block.residual_step + column : nullptr;
        tile.output = block.output + row * block.output_step + column;
        const TileFunction function = tile_function<Products>(rows, vectors);
        if (used == width) {
          function(tile);
        } else {
          multiply_partial(function, tile, rows, width, used);
        }
        if (!activation.clamps()) activation.apply(tile.output, block.output_step, rows, used);
      }
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#endif  // CNN_GEMM_BLOCK_INL_H_
