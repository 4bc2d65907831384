// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "engine/base/api.h"
#include "engine/base/workers.h"
#include "engine/kernels/activation.h"
#include "engine/kernels/gemm_panels.h"

namespace cnn {

/// What the matrix kernels of the chosen instruction set work with.
struct GemmTarget {
  int lanes;      ///< floats in a vector
  int registers;  ///< vector registers
  int tile_rows;  ///< output rows of the tile that is used most
};
CNN_API GemmTarget gemm_target();

/// Some rows of output = activation(a b + bias + residual), where row r of `a` is scattered over memory: `taps` runs of
/// `channels` floats each, whose addresses stand in a list. A convolution is such a product without an im2col buffer:
/// one run per kernel tap (Dukhan, The Indirect Convolution Algorithm, arXiv:1907.02129).
struct GemmBlock {
  const float* const* addresses;  ///< [rows, taps]
  int64_t address_offset = 0;     ///< floats added to every address: the first channel of a group
  const float* zeros = nullptr;   ///< this address marks a run of zeros (padding), or null
  int64_t rows;
  int64_t taps;
  int64_t channels;  ///< taps * channels == panels->depth
  const GemmPanels* panels;
  const float* packed;  ///< made by pack_panels()
  bool bf16 = false;    ///< floats of a and b are pairs of bfloat16: see bf16.h
  int64_t first_panel;
  int64_t last_panel;     ///< past the end
  const float* bias;      ///< [panels->columns] or null
  const float* residual;  ///< row r at residual + r * residual_step, or null; may be the output itself
  int64_t residual_step = 0;
  float* output;  ///< row r at output + r * output_step; floats between rows stay untouched
  int64_t output_step;
  Activation activation;
};

/// One thread; neither allocates nor fails.
CNN_API void multiply_block(const GemmBlock& block);

/// A rows-by-panels split of work: blocks of rows times groups of panels, dealt in an order that reads memory least.
struct GemmSplit {
  int64_t block_rows;  ///< rows in a block, the last one less
  int64_t blocks;
  int64_t group_panels;  ///< panels in a group, the last one less
  int64_t groups;
  int64_t repeats;  ///< how many such products share one parallel loop (groups of a convolution)
  int64_t chunks;   ///< into how many pieces of equal size the items are dealt
  bool panels_stay;  ///< neighbouring items share their panels; else their rows

  /// `row_bytes`: bytes of `a` that a row adds to what is read; `max_rows`: bound of block_rows (address lists).
  GemmSplit(const GemmPanels& panels, int64_t rows, int64_t row_bytes, int64_t max_rows, int64_t repeats, int threads);

  struct Item {
    int64_t block, repeat, group;
  };
  int64_t items() const { return blocks * groups * repeats; }
  Item item(int64_t index) const {
    if (panels_stay) return {index % blocks, index / blocks / groups, index / blocks % groups};
    return {index / (repeats * groups), index / groups % repeats, index % groups};
  }

  /// Calls run(chunk, first item, past the last item) in parallel for all chunks.
  template <class Run>
  void for_each_chunk(Workers& workers, Run&& run) const {
    workers.parallel_for(chunks, 1, [&](int64_t begin, int64_t end) {
      for (int64_t chunk = begin; chunk < end; ++chunk)
        run(chunk, items() * chunk / chunks, items() * (chunk + 1) / chunks);
    });
  }
};

}  // namespace cnn
