// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/base/workers.h"

namespace cnn {

/// Largest number of axes that strided_copy takes.
constexpr int strided_copy_max_rank = 16;

/// dst[sum i_a dst_strides[a]] = src[sum i_a src_strides[a]] for every index i with 0 <= i_a < extents[a].
/// Moves whole elements of `element_size` (1, 2, 4 or 8) bytes, aligned to their size. Strides count elements; source strides
/// may be 0 (repetition) or negative (reversal); destination elements must differ from each other and from the source's.
/// The axes may stand in any order: neighbours in memory are merged, and where source and destination disagree about the
/// innermost axis the copy goes in tiles (transposition). Does not allocate. Converts layouts as well: pass the strides
/// of both (TensorDesc::strides()).
void strided_copy(size_t element_size, std::span<const int64_t> extents, const void* src,
                  std::span<const int64_t> src_strides, void* dst, std::span<const int64_t> dst_strides, Workers& workers);

}  // namespace cnn
