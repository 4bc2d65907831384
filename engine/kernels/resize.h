// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/kernels/resize_bands.h"
#include "engine/kernels/resize_filter.h"

namespace cnn {

/// Samples between the passes are 1/64 of a pixel value: 0 .. 16320.
constexpr int resize_row_scale = 64;

/// Vertical pass of one result row: out[i] = sum over k of weights[k] * rows[k][i], in 1 / resize_row_scale.
/// rows.size() == weights.size(), even (repeat a row with weight 0); weights sum to resize_one. What negative weights
/// make of edges is cut to 0 .. 255 * resize_row_scale. Reads out.size() bytes of each row and nothing behind them; how
/// bytes form pixels does not matter. Safe from several threads.
void resize_rows(std::span<const uint8_t* const> rows, std::span<const int16_t> weights, std::span<int16_t> out);

/// Elements that carries have more than the row: the last vector keeps its own.
constexpr size_t resize_carry_margin = 32;

/// Vertical pass that reads each row once. `rows` is the first of band.count rows, `stride` bytes apart. The band's
/// falling half is added to the rising half of the result that ends with it, which is in `carried`: that makes `out`,
/// in 1 / resize_row_scale. Its rising half goes to `carry`, for the call with the next band. The first band's `out`
/// means nothing. carried and carry have out.size() + resize_carry_margin elements in an order of their own; nothing
/// overlaps. Reads out.size() bytes of each row and nothing behind them. Safe from several threads.
void resize_band(const uint8_t* rows, ptrdiff_t stride, const ResizeBand& band, std::span<const int32_t> carried,
                 std::span<int32_t> carry, std::span<int16_t> out);

}  // namespace cnn
