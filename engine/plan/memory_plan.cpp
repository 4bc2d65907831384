// SPDX-License-Identifier: MIT
#include "engine/plan/memory_plan.h"

#include <algorithm>
#include <numeric>

namespace cnn {

MemoryPlan plan_memory(const std::vector<Lifetime>& blocks) {
  constexpr size_t alignment = 64;
  auto rounded = [&](size_t block) { return (blocks[block].bytes + alignment - 1) / alignment * alignment; };
  MemoryPlan plan;
  plan.offsets.assign(blocks.size(), 0);
  std::vector<size_t> order(blocks.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return blocks[a].bytes > blocks[b].bytes; });
  std::vector<size_t> placed;  // by offset
  for (size_t block : order) {
    size_t offset = 0;
    for (size_t other : placed) {
      if (blocks[other].last < blocks[block].first || blocks[block].last < blocks[other].first) continue;
      if (plan.offsets[other] >= offset + rounded(block)) break;
      offset = std::max(offset, plan.offsets[other] + rounded(other));
    }
    plan.offsets[block] = offset;
    plan.bytes = std::max(plan.bytes, offset + rounded(block));
    placed.insert(std::upper_bound(placed.begin(), placed.end(), block,
                                   [&](size_t a, size_t b) { return plan.offsets[a] < plan.offsets[b]; }),
                  block);
  }
  return plan;
}

}  // namespace cnn
