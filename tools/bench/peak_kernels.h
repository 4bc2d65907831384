// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

namespace cnn::tools {

/// `rounds` rounds of fused multiply-adds that do not wait for each other, on the widest vectors of this CPU.
/// Returns their FLOP; `result` is there so that the work cannot be left out.
double multiply_add(int64_t rounds, float& result);

/// Reads `bytes` bytes (a multiple of 8 vectors: 64 KiB is) from `from` (aligned to 64). Returns `bytes`.
double read_memory(const std::byte* from, size_t bytes, uint32_t& result);

}  // namespace cnn::tools
