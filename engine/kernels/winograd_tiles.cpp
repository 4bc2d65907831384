// SPDX-License-Identifier: MIT
#include "engine/kernels/winograd_tiles.h"

#include "engine/kernels/cache_size.h"
#include "engine/kernels/gemm_block.h"

namespace cnn {

WinogradTiles::WinogradTiles(const ConvGeometry& geometry, int unit, const GemmPanels& panels, int64_t tile_bytes,
                             int threads)
    : geometry_(geometry),
      unit_(unit),
      panels_(panels),
      rows_(quotient_up(geometry.output[1], unit)),
      columns_(quotient_up(geometry.output[2], unit)),
      tiles_(geometry.images * rows_ * columns_) {
  // A block stays in the second-level cache where channels are few; with many it is as small as the reading of filters
  // allows.
  const int64_t register_rows = gemm_target().tile_rows;
  const int64_t fitting = second_level_cache_bytes() / 4 * 3 / tile_bytes;
  block_tiles_ = std::clamp(fitting, 4 * register_rows, max_block) / register_rows * register_rows;
  blocks_ = quotient_up(tiles_, block_tiles_);
  if (blocks_ < 4 * threads && tiles_ > threads * 2 * register_rows) blocks_ = quotient_up(blocks_, threads) * threads;
  block_tiles_ = std::max<int64_t>(1, quotient_up(tiles_, std::max<int64_t>(1, blocks_)));
  // Full register tiles, where a shorter last block leaves no thread idle.
  if (threads == 1 || blocks_ >= 4 * threads) block_tiles_ = quotient_up(block_tiles_, register_rows) * register_rows;
  blocks_ = quotient_up(tiles_, block_tiles_);
  // Where blocks are too few for all threads, output channels are divided too; each part then transforms its windows.
  parts_ =
      blocks_ == 0 ? 1 : std::clamp<int64_t>(quotient_up(threads, blocks_), 1, std::max<int64_t>(1, panels_.count));
  part_panels_ = quotient_up(panels_.count, parts_);
  parts_ = quotient_up(panels_.count, part_panels_);
  chunks_ = std::min<int64_t>(threads == 1 ? 1 : int64_t{4} * threads, blocks_ * parts_);
}

int64_t WinogradTiles::part_columns(int64_t part) const {
  const int64_t last = std::min((part + 1) * part_panels_, panels_.count);
  const int64_t end = last == panels_.count ? panels_.columns : panels_.first_column(last);
  return end - panels_.first_column(part * part_panels_);
}

WinogradTiles::Item WinogradTiles::item(int64_t index) const {
  const int64_t first_tile = index / parts_ * block_tiles_, first_panel = index % parts_ * part_panels_;
  return {first_tile,
          std::min(block_tiles_, tiles_ - first_tile),
          first_panel,
          std::min(first_panel + part_panels_, panels_.count),
          panels_.first_column(first_panel),
          part_columns(index % parts_)};
}

WinogradTiles::Place WinogradTiles::place(int64_t tile) const {
  const int64_t height = geometry_.output[1], width = geometry_.output[2], image = tile / (rows_ * columns_);
  const int64_t top = tile / columns_ % rows_ * unit_, left = tile % columns_ * unit_;
  return {(image * height + top) * width + left, std::min(unit_, height - top), std::min(unit_, width - left)};
}

}  // namespace cnn
