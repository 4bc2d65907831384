// SPDX-License-Identifier: MIT
#include "engine/kernels/winograd.h"

#include <algorithm>
#include <array>

#include "engine/kernels/winograd_transform.h"

namespace cnn {
namespace {

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
      tiles_(geometry, unit, panels_, positions() * (geometry.channels + geometry.outputs) * int64_t{sizeof(float)},
             threads),
      window_step_(position_step(tiles_.block_tiles() * geometry.channels)),
      product_step_(position_step(tiles_.block_tiles() * tiles_.part_columns(0))),
      zeros_(static_cast<size_t>(geometry.channels), 0.0f) {}

size_t Winograd::chunk_bytes() const {
  return static_cast<size_t>(positions() * (window_step_ + product_step_)) * sizeof(float);
}

std::string Winograd::name() const {
  const std::string unit = std::to_string(unit_);
  return "winograd " + unit + "x" + unit;
}

void Winograd::transform_inputs(const float* input, const Item& item, float* windows) const {
  std::array<const float*, WinogradTiles::max_window * WinogradTiles::max_window> pixels;
  for (int64_t i = 0; i < item.tiles; ++i) {
    tiles_.list_window(item.first_tile + i, input, steps_.input, zeros_.data(), pixels.data());
    winograd_input(unit_, {pixels.data(), geometry_.channels, windows + i * geometry_.channels, window_step_});
  }
}

void Winograd::multiply(const float* packed, const Item& item, const float* windows, float* products) const {
  std::array<const float*, WinogradTiles::max_block> rows;
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
  const int64_t width = geometry_.output[2];
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
    const auto [pixel, tile_height, tile_width] = tiles_.place(item.first_tile + i);
    work.products = products + i * item.columns;
    work.height = tile_height;
    work.width = tile_width;
    work.residual = arguments.residual ? arguments.residual + pixel * steps_.residual + item.column : nullptr;
    work.output = arguments.output + pixel * steps_.output + item.column;
    winograd_output(unit_, work);
  }
}

void Winograd::run(const IgemmArguments& arguments, Workers& workers) const {
  tiles_.for_each_item(workers, [&](int64_t chunk, const Item& item, bool transform) {
    auto* windows = reinterpret_cast<float*>(arguments.scratch + chunk_bytes() * static_cast<size_t>(chunk));
    float* products = windows + positions() * window_step_;
    if (transform) transform_inputs(arguments.input, item, windows);
    multiply(arguments.packed, item, windows, products);
    transform_outputs(arguments, item, products);
  });
}

}  // namespace cnn
