// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "engine/kernels/resize_filter.h"

namespace cnn {

/// Samples between the passes are 1/128 of a pixel value: 0 .. 32640.
constexpr int resize_row_scale = 128;

/// Vertical pass of one result row: out[i] = sum over k of weights[k] * rows[k][i], in 1/128.
/// rows.size() == weights.size(), even (repeat a row with weight 0); weights sum to resize_one. What negative weights
/// make of edges is cut to 0 .. 255 * resize_row_scale. Reads out.size() bytes of each row and nothing behind them; how
/// bytes form pixels does not matter. Safe from several threads.
void resize_rows(std::span<const uint8_t* const> rows, std::span<const int16_t> weights, std::span<int16_t> out);

/// Horizontal pass of one row of one component: out[i] is result i of `filter` as pixel value, cut to 0 .. 255.
/// filter.taps must be a multiple of 8; out.size() == filter.count. `row` starts at sample `origin` of the source
/// and must have filter.taps readable samples from filter.first[i] - origin on for every i.
/// Safe from several threads.
void resize_columns(const int16_t* row, int origin, const ResizeFilter& filter, std::span<float> out);

}  // namespace cnn
