// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

namespace cnn {

/// Fuzzers, whose sanitizers make everything slow and touch all memory, have smaller limits.
#if defined(__has_feature)
#if __has_feature(coverage_sanitizer)
#define CNN_IS_FUZZED
#endif
#endif
#ifdef CNN_IS_FUZZED
constexpr int64_t limit_divisor = 16;
#else
constexpr int64_t limit_divisor = 1;
#endif

/// Largest tensor; what a session's inputs and outputs may take together, and its activations for one batch size.
/// Far more than any classifier needs.
constexpr size_t max_session_bytes = (size_t{1} << 32) / limit_divisor;

/// What a model's constants may unfold to while it is opened (Expand, ConstantOfShape, Tile, Range ...): these bytes, and
/// `unfolded_per_byte` more for each byte that the model itself holds. A small file cannot ask for much.
constexpr int64_t max_unfolded_bytes = (int64_t{64} << 20) / limit_divisor;
constexpr int64_t unfolded_per_byte = 16;

/// The same for ConstantOfShape alone, whose elements are all alike and cost little: weights of networks that are there to be
/// tested only are made so. Each of its bytes counts as a part of one above.
constexpr int64_t max_filled_bytes = 16 * max_unfolded_bytes;

/// Multiplications, elements under windows, and four times the elements read and made, with which a model's constants may be
/// computed while it is opened, and `folding_work_per_byte` more for each byte that the model holds. Seconds.
constexpr int64_t max_folding_work = (int64_t{1} << 32) / limit_divisor;
constexpr int64_t folding_work_per_byte = 64;

/// What all operators may keep that have a table entry for each position of an axis (Resize, ConvTranspose) or for each
/// matrix of a batch.
constexpr int64_t max_table_bytes = (int64_t{256} << 20) / limit_divisor;

}  // namespace cnn
