// SPDX-License-Identifier: MIT
#include "engine/kernels/winograd.h"

#include <algorithm>
#include <array>

#include "engine/kernels/cache_size.h"
#include "engine/kernels/winograd_transform.h"

namespace cnn {
namespace {

constexpr int64_t max_window = 8;
constexpr int64_t max_block_tiles = 96;

/// Floats between positions that hold `floats`: an odd number of cache lines, so that the positions of a tile do not
/// compete for one set of the first-level cache.
int64_t position_step(int64_t floats) { return ((floats + 15) / 16 | 1) * 16; }

int64_t tiles_of(const ConvGeometry& g, int64_t unit) {
  return quotient_up(g.output[1], unit) * quotient_up(g.output[2], unit);
}

/// Work in multiply-accumulates, transforms and the reading of filters included.
double cost(const ConvGeometry& g, int64_t unit) {
  const double channels = static_cast<double>(g.channels), outputs = static_cast<double>(g.outputs);
  const double images = static_cast<double>(g.images);
  // A filter's float that comes from memory takes as long as this many multiply-accumulates in registers.
  constexpr double float_from_memory = 10;
  if (unit == 0) {
    const double pixels = static_cast<double>(g.output[1] * g.output[2]);
    return channels * outputs * 9 * (images * pixels + float_from_memory);
  }
  const double positions = static_cast<double>((unit + 2) * (unit + 2));
  const double tiles = images * static_cast<double>(tiles_of(g, unit));
  // Loads, stores and sums of both transforms for each channel of a tile.
  const double transform = positions * (unit == 2 ? 5 : 7);
  // Fewer rows than a register tile has do not get cheaper.
  const double rows = std::max(tiles, static_cast<double>(gemm_target().tile_rows));
  return positions * channels * outputs * (rows + float_from_memory) + tiles * transform * (channels + outputs);
}

}  // namespace

/// What is computed at once: some tiles, some panels of output channels.
struct Winograd::Item {
  int64_t first_tile, tiles;
  int64_t first_panel, last_panel;
  int64_t column, columns;  ///< output channels of the panels
};

bool Winograd::fits(const ConvGeometry& g) {
  const std::array<int64_t, 3> one{1, 1, 1};
  return g.groups == 1 && g.kernel == std::array<int64_t, 3>{1, 3, 3} && g.stride == one && g.dilation == one &&
         g.input[0] == 1 && g.output[0] == 1 && g.channels > 0 && g.outputs > 0;
}

int Winograd::best_unit(const ConvGeometry& g, Precision direct) {
  if (!fits(g)) return 0;
  constexpr double clearly = 0.85;
  int best = 0;
  double least = clearly * cost(g, 0) / (direct == Precision::Bf16 ? 2 : 1);
  for (int unit : {2, 4}) {
    const double work = cost(g, unit);
    if (work >= least) continue;
    least = work;
    best = unit;
  }
  return best;
}

Winograd::Winograd(const ConvGeometry& geometry, const Igemm::Steps& steps, const Activation& activation, int threads,
                   int unit)
    : geometry_(geometry),
      steps_(steps),
      activation_(activation),
      unit_(unit),
      panels_(geometry.channels, geometry.outputs),
      tile_rows_(quotient_up(geometry.output[1], unit)),
      tile_columns_(quotient_up(geometry.output[2], unit)),
      tiles_(geometry.images * tile_rows_ * tile_columns_),
      zeros_(static_cast<size_t>(geometry.channels), 0.0f) {
  // Windows and products of a block stay in the second-level cache where channels are few; with many a block is as
  // small as the reading of filters allows.
  const int64_t block_floats = second_level_cache_bytes() / 4 * 3 / int64_t{sizeof(float)};
  const int64_t register_rows = gemm_target().tile_rows;
  const int64_t fitting = block_floats / (positions() * (geometry.channels + geometry.outputs));
  block_tiles_ = std::clamp(fitting, 4 * register_rows, max_block_tiles) / register_rows * register_rows;
  blocks_ = quotient_up(tiles_, block_tiles_);
  if (blocks_ < 4 * threads && tiles_ > threads * 2 * register_rows) blocks_ = quotient_up(blocks_, threads) * threads;
  block_tiles_ = std::max<int64_t>(1, quotient_up(tiles_, std::max<int64_t>(1, blocks_)));
  blocks_ = quotient_up(tiles_, block_tiles_);
  // Where blocks are too few for all threads, output channels are divided too; each part then transforms its windows.
  parts_ =
      blocks_ == 0 ? 1 : std::clamp<int64_t>(quotient_up(threads, blocks_), 1, std::max<int64_t>(1, panels_.count));
  part_panels_ = quotient_up(panels_.count, parts_);
  parts_ = quotient_up(panels_.count, part_panels_);
  window_step_ = position_step(block_tiles_ * geometry.channels);
  product_step_ = position_step(block_tiles_ * part_columns(0));
  chunks_ = std::min<int64_t>(threads == 1 ? 1 : int64_t{4} * threads, blocks_ * parts_);
}

int64_t Winograd::part_columns(int64_t part) const {
  const int64_t last = std::min((part + 1) * part_panels_, panels_.count);
  const int64_t end = last == panels_.count ? panels_.columns : panels_.first_column(last);
  return end - panels_.first_column(part * part_panels_);
}

size_t Winograd::chunk_bytes() const {
  return static_cast<size_t>(positions() * (window_step_ + product_step_)) * sizeof(float);
}

std::string Winograd::name() const {
  const std::string unit = std::to_string(unit_);
  return "winograd " + unit + "x" + unit;
}

Winograd::Item Winograd::item(int64_t index) const {
  const int64_t first_tile = index / parts_ * block_tiles_, first_panel = index % parts_ * part_panels_;
  return {first_tile,
          std::min(block_tiles_, tiles_ - first_tile),
          first_panel,
          std::min(first_panel + part_panels_, panels_.count),
          panels_.first_column(first_panel),
          part_columns(index % parts_)};
}

void Winograd::transform_inputs(const float* input, const Item& item, float* windows) const {
  const int64_t height = geometry_.input[1], width = geometry_.input[2], side = window();
  std::array<const float*, max_window * max_window> pixels;
  for (int64_t i = 0; i < item.tiles; ++i) {
    const int64_t tile = item.first_tile + i, image = tile / (tile_rows_ * tile_columns_);
    const int64_t top = tile / tile_columns_ % tile_rows_ * unit_ - geometry_.pad_begin[1];
    const int64_t left = tile % tile_columns_ * unit_ - geometry_.pad_begin[2];
    const float* picture = input + image * height * width * steps_.input;
    size_t listed = 0;
    for (int64_t y = top; y < top + side; ++y)
      for (int64_t x = left; x < left + side; ++x) {
        const bool inside = y >= 0 && y < height && x >= 0 && x < width;
        pixels[listed++] = inside ? picture + (y * width + x) * steps_.input : zeros_.data();
      }
    winograd_input(unit_, {pixels.data(), geometry_.channels, windows + i * geometry_.channels, window_step_});
  }
}

void Winograd::multiply(const float* packed, const Item& item, const float* windows, float* products) const {
  std::array<const float*, max_block_tiles> rows;
  GemmBlock work{};
  work.addresses = rows.data();
  work.rows = item.tiles;
  work.taps = 1;
  work.channels = geometry_.channels;
  work.panels = &panels_;
  work.first_panel = item.first_panel;
  work.last_panel = item.last_panel;
  work.output_step = item.columns;
  for (int64_t position = 0; position < positions(); ++position) {
    const float* first = windows + position * window_step_;
    for (int64_t i = 0; i < item.tiles; ++i) rows[static_cast<size_t>(i)] = first + i * geometry_.channels;
    work.packed = packed + position * panels_.size();
    work.output = products + position * product_step_ - item.column;
    multiply_block(work);
  }
}

void Winograd::transform_outputs(const IgemmArguments& arguments, const Item& item, const float* products) const {
  const int64_t height = geometry_.output[1], width = geometry_.output[2];
  WinogradOutput work{};
  work.product_step = product_step_;
  work.channels = item.columns;
  work.bias = arguments.bias ? arguments.bias + item.column : nullptr;
  work.residual_row = width * steps_.residual;
  work.residual_pixel = steps_.residual;
  work.output_row = width * steps_.output;
  work.output_pixel = steps_.output;
  work.activation = activation_;
  for (int64_t i = 0; i < item.tiles; ++i) {
    const int64_t tile = item.first_tile + i, image = tile / (tile_rows_ * tile_columns_);
    const int64_t top = tile / tile_columns_ % tile_rows_ * unit_, left = tile % tile_columns_ * unit_;
    const int64_t pixel = (image * height + top) * width + left;
    work.products = products + i * item.columns;
    work.height = std::min<int64_t>(unit_, height - top);
    work.width = std::min<int64_t>(unit_, width - left);
    work.residual = arguments.residual ? arguments.residual + pixel * steps_.residual + item.column : nullptr;
    work.output = arguments.output + pixel * steps_.output + item.column;
    winograd_output(unit_, work);
  }
}

void Winograd::run(const IgemmArguments& arguments, Workers& workers) const {
  const int64_t items = blocks_ * parts_;
  workers.parallel_for(chunks_, 1, [&](int64_t begin, int64_t end) {
    for (int64_t chunk = begin; chunk < end; ++chunk) {
      auto* windows = reinterpret_cast<float*>(arguments.scratch + chunk_bytes() * static_cast<size_t>(chunk));
      float* products = windows + positions() * window_step_;
      int64_t transformed = -1;
      for (int64_t index = items * chunk / chunks_; index < items * (chunk + 1) / chunks_; ++index) {
        const Item work = item(index);
        if (work.first_tile != transformed) transform_inputs(arguments.input, work, windows);
        transformed = work.first_tile;
        multiply(arguments.packed, work, windows, products);
        transform_outputs(arguments, work, products);
      }
    }
  });
}

}  // namespace cnn
