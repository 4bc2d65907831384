// SPDX-License-Identifier: MIT
#include "engine/kernels/qwinograd.h"

#include <array>
#include <cstring>

#include "engine/kernels/qwinograd_transform.h"

namespace cnn {
namespace {

constexpr int64_t lane_bytes = 4;     // of a pair and of a sum
constexpr int64_t most_columns = 64;  // of a panel

/// Lanes between positions that hold `lanes`: an odd number of cache lines, so that the positions of a tile do not
/// compete for one set of the first-level cache.
int64_t position_step(int64_t lanes) { return ((lanes + 15) / 16 | 1) * 16; }

size_t in_lines(size_t bytes) { return (bytes + 63) / 64 * 64; }

}  // namespace

Qwinograd::Qwinograd(const ConvGeometry& geometry, const Qgemm::Steps& steps, bool signed_input, int threads, int unit)
    : geometry_(geometry),
      steps_(steps),
      signed_input_(signed_input),
      unit_(unit),
      panels_(quotient_up(geometry.channels, 2), geometry.outputs),
      tiles_(geometry, unit, panels_, positions() * (panels_.depth + panels_.width(0)) * lane_bytes, threads),
      window_step_(position_step(tiles_.block_tiles() * panels_.depth)),
      product_step_(position_step(tiles_.block_tiles() * panels_.width(0))) {}

size_t Qwinograd::outside_bytes() const { return in_lines(static_cast<size_t>(geometry_.channels)); }

size_t Qwinograd::chunk_bytes() const {
  return static_cast<size_t>(positions() * (window_step_ + product_step_) * lane_bytes);
}

size_t Qwinograd::scratch_bytes() const {
  return outside_bytes() + chunk_bytes() * static_cast<size_t>(tiles_.chunks());
}

std::string Qwinograd::name() const {
  const std::string unit = std::to_string(unit_);
  return "qwinograd " + unit + "x" + unit;
}

void Qwinograd::transform_inputs(const QgemmArguments& arguments, const Item& item, int16_t* windows) const {
  std::array<const std::byte*, WinogradTiles::max_window * WinogradTiles::max_window> pixels;
  const auto* input = static_cast<const std::byte*>(arguments.input);
  for (int64_t i = 0; i < item.tiles; ++i) {
    tiles_.list_window<std::byte>(item.first_tile + i, input, steps_.input, arguments.scratch, pixels.data());
    qwinograd_input(unit_, {pixels.data(), signed_input_, arguments.input_zero, geometry_.channels,
                            windows + i * panels_.depth * 2, window_step_ * 2});
  }
}

void Qwinograd::multiply(const int16_t* packed, const Item& item, int64_t panel, const int16_t* windows,
                         int32_t* products) const {
  QgemmBlock work{};
  work.first_row = reinterpret_cast<const float*>(windows);
  work.row_step = panels_.depth;
  work.rows = item.tiles;
  work.taps = 1;
  work.run = panels_.depth;
  work.panels = &panels_;
  work.first_panel = panel;
  work.last_panel = panel + 1;
  work.output_step = panels_.width(panel);
  for (int64_t position = 0; position < positions(); ++position) {
    // A panel's positions follow one another; the block looks for it behind the panels before.
    const int64_t before = panels_.offset(panel) * (positions() - 1) + position * panels_.depth * panels_.width(panel);
    work.packed = reinterpret_cast<const std::byte*>(packed) + before * lane_bytes;
    work.address_offset = position * window_step_;
    work.output = reinterpret_cast<std::byte*>(products + position * product_step_ - panels_.first_column(panel));
    multiply_qgemm_block(work);
  }
}

void Qwinograd::transform_outputs(const QgemmArguments& arguments, const Item& item, int64_t panel,
                                  const int32_t* products) const {
  const int64_t column = panels_.first_column(panel), width = panels_.width(panel);
  QwinogradOutput work{};
  work.product_step = product_step_;
  work.width = width;
  work.columns = std::min(width, panels_.columns - column);
  std::array<int32_t, most_columns> bias{};
  if (arguments.bias) std::copy_n(arguments.bias + column, work.columns, bias.begin());
  work.bias = bias.data();
  work.to = arguments.to.from(column);
  work.output_row = geometry_.output[2] * steps_.output;
  work.output_pixel = steps_.output;
  for (int64_t i = 0; i < item.tiles; ++i) {
    const auto [pixel, rows, pixels] = tiles_.place(item.first_tile + i);
    work.products = products + i * width;
    work.rows = rows;
    work.pixels = pixels;
    work.output = arguments.output + (pixel * steps_.output + column) * size_of(work.to.result);
    qwinograd_output(unit_, work);
  }
}

void Qwinograd::run(const QgemmArguments& arguments, Workers& workers) const {
  std::memset(arguments.scratch, arguments.input_zero, static_cast<size_t>(geometry_.channels));
  std::byte* const memory = arguments.scratch + outside_bytes();
  tiles_.for_each_item(workers, [&](int64_t chunk, const Item& item, bool transform) {
    auto* windows = reinterpret_cast<int16_t*>(memory + chunk_bytes() * static_cast<size_t>(chunk));
    int32_t* products = reinterpret_cast<int32_t*>(windows) + positions() * window_step_;
    if (transform) transform_inputs(arguments, item, windows);
    for (int64_t panel = item.first_panel; panel < item.last_panel; ++panel) {
      multiply(arguments.packed, item, panel, windows, products);
      transform_outputs(arguments, item, panel, products);
    }
  });
}

}  // namespace cnn
