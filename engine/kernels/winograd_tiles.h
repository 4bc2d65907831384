// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/base/workers.h"
#include "engine/kernels/conv_geometry.h"
#include "engine/kernels/gemm_panels.h"

namespace cnn {

/// How a 3x3 convolution of stride 1 is divided: tiles of unit x unit results, whose windows of (unit + 2)^2 pixels are
/// transformed; blocks of tiles that are multiplied together; parts of the output channels where blocks are too few for
/// all threads.
class WinogradTiles {
 public:
  static constexpr int64_t max_window = 8;
  static constexpr int64_t max_block = 96;  ///< tiles of a block

  /// `tile_bytes`: what a tile adds to the memory of a block, which shall stay in the second-level cache.
  WinogradTiles(const ConvGeometry& geometry, int unit, const GemmPanels& panels, int64_t tile_bytes, int threads);

  /// What is computed at once: some tiles, some panels of output channels.
  struct Item {
    int64_t first_tile, tiles;
    int64_t first_panel, last_panel;
    int64_t column, columns;  ///< output channels of the panels
  };
  /// Where the results of a tile lie, less than unit x unit at the edges.
  struct Place {
    int64_t pixel;  ///< of the output, counted over all images
    int64_t height, width;
  };

  int64_t block_tiles() const { return block_tiles_; }
  int64_t chunks() const { return chunks_; }
  /// Output channels of a part; none has more than part 0.
  int64_t part_columns(int64_t part) const;
  Place place(int64_t tile) const;

  /// Writes the addresses [window, window] of the pixels that a tile reads; `outside` stands for what is not in the
  /// picture. `step`: elements from pixel to pixel.
  template <class T>
  void list_window(int64_t tile, const T* input, int64_t step, const T* outside, const T** pixels) const {
    const int64_t height = geometry_.input[1], width = geometry_.input[2], side = unit_ + 2;
    const int64_t top = tile / columns_ % rows_ * unit_ - geometry_.pad_begin[1];
    const int64_t left = tile % columns_ * unit_ - geometry_.pad_begin[2];
    const T* picture = input + tile / (rows_ * columns_) * height * width * step;
    for (int64_t y = top; y < top + side; ++y)
      for (int64_t x = left; x < left + side; ++x) {
        const bool inside = y >= 0 && y < height && x >= 0 && x < width;
        *pixels++ = inside ? picture + (y * width + x) * step : outside;
      }
  }

  /// Calls run(chunk, item, transform) for all items in parallel, those of a chunk in turn; `transform`: the item's
  /// tiles are others than those of the chunk's item before.
  template <class Run>
  void for_each_item(Workers& workers, Run&& run) const {
    const int64_t items = blocks_ * parts_;
    workers.parallel_for(chunks_, 1, [&](int64_t begin, int64_t end) {
      for (int64_t chunk = begin; chunk < end; ++chunk) {
        int64_t transformed = -1;
        for (int64_t index = items * chunk / chunks_; index < items * (chunk + 1) / chunks_; ++index) {
          const Item work = item(index);
          run(chunk, work, work.first_tile != transformed);
          transformed = work.first_tile;
        }
      }
    });
  }

 private:
  Item item(int64_t index) const;

  ConvGeometry geometry_;
  int64_t unit_;
  GemmPanels panels_;
  int64_t rows_, columns_, tiles_;  ///< of an image, and of all
  int64_t block_tiles_, blocks_;
  int64_t part_panels_, parts_;
  int64_t chunks_;
};

}  // namespace cnn
