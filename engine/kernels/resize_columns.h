// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/kernels/resize_filter.h"

namespace cnn {

/// The horizontal pass takes this many rows at once: each is a lane of the vectors, so that nothing is summed across
/// lanes and a weight is loaded once for all of them.
constexpr int resize_block = 8;

/// Which samples of a group of interleaved ones are neighbours of one component: pair u consists of samples
/// members[2 * u] and members[2 * u + 1] and belongs to component[u]. Pairs of the same component stand in their order.
struct SampleGroup {
  int samples = 8;                                  ///< even, 2 .. 8
  std::array<int8_t, 8> members{};                  ///< 0 .. samples - 1
  std::array<int8_t, 4> component{-1, -1, -1, -1};  ///< 0 .. 2; -1: nobody's
};

/// A ResizeFilter for samples in pairs: result i = sum over k of the two weights of weights[i * pairs + k] times the
/// two samples of pair first[i] + k.
struct PairFilter {
  int count = 0;                 ///< results, a multiple of 4: the last ones repeat what the filter ended with
  int pairs = 0;                 ///< of each result
  int end = 0;                   ///< one past the last pair that any result reads, with weight 0 or not
  std::vector<int32_t> first;    ///< [count]
  std::vector<int32_t> weights;  ///< [count, pairs], weight of the first sample in the lower half
};

/// Pair 0 consists of samples `origin` and origin + 1; origin <= filter.source_begin.
PairFilter make_pair_filter(const ResizeFilter& filter, int origin);

/// Transposes resize_block rows of samples, row_stride apart, into pairs: pair p of component c of row r goes to
/// out[c][p * resize_block + r], the first sample in the lower half. `groups` groups; each row must have 8 readable
/// samples from the last one's begin on. Safe from several threads.
void gather_pairs(const int16_t* rows, ptrdiff_t row_stride, int groups, const SampleGroup& group,
                  const std::array<int32_t*, 3>& out);

/// Horizontal pass of resize_block rows of one component: result i of row r goes to out[r * out_stride + i], a pixel
/// value cut to 0 .. 255. `pairs` [filter.end, resize_block] as gather_pairs() makes them of samples in 1 /
/// resize_row_scale. Safe from several threads.
void resize_columns(const int32_t* pairs, const PairFilter& filter, float* out, ptrdiff_t out_stride);

}  // namespace cnn
