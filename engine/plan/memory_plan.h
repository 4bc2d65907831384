// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

#include "engine/base/api.h"

namespace cnn {

/// A block of memory that is needed from step `first` to step `last`, both included.
struct Lifetime {
  size_t bytes;
  int first;
  int last;
};

struct MemoryPlan {
  std::vector<size_t> offsets;  ///< by block, multiples of 64 bytes
  size_t bytes = 0;             ///< of the whole arena
};

/// Places blocks in one arena so that blocks alive at the same time do not overlap: largest first, each at the lowest
/// offset that is free ("greedy by size", Pisarchyk and Lee 2020, arXiv 2001.03288, section 5).
CNN_API MemoryPlan plan_memory(const std::vector<Lifetime>& blocks);

}  // namespace cnn
