// SPDX-License-Identifier: MIT
#include "engine/plan/memory_plan.h"

#include <gtest/gtest.h>

#include <random>

namespace cnn {
namespace {

void expect_no_overlap(const std::vector<Lifetime>& blocks, const MemoryPlan& plan) {
  for (size_t a = 0; a < blocks.size(); ++a) {
    EXPECT_EQ(plan.offsets[a] % 64, 0u);
    EXPECT_LE(plan.offsets[a] + blocks[a].bytes, plan.bytes);
    for (size_t b = 0; b < a; ++b) {
      const bool together = blocks[a].first <= blocks[b].last && blocks[b].first <= blocks[a].last;
      const bool apart = plan.offsets[a] + blocks[a].bytes <= plan.offsets[b] ||
                         plan.offsets[b] + blocks[b].bytes <= plan.offsets[a];
      EXPECT_TRUE(!together || apart) << "blocks " << a << " and " << b << " overlap";
    }
  }
}

TEST(MemoryPlan, ReusesMemoryOfDeadBlocks) {
  const MemoryPlan plan = plan_memory({{6400, 0, 1}, {3200, 1, 2}, {6400, 2, 3}});
  EXPECT_EQ(plan.bytes, 6400u + 3200u);
  EXPECT_EQ(plan.offsets[0], plan.offsets[2]);
}

TEST(MemoryPlan, KeepsBlocksOfOneStepApart) {
  const std::vector<Lifetime> blocks{{100, 0, 0}, {100, 0, 0}, {1, 0, 0}};
  const MemoryPlan plan = plan_memory(blocks);
  expect_no_overlap(blocks, plan);
  EXPECT_EQ(plan.bytes, 128u + 128u + 64u);
}

TEST(MemoryPlan, NeverOverlapsWhatLivesTogether) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<Lifetime> blocks;
    for (int i = 0; i < 40; ++i) {
      const int first = static_cast<int>(random() % 30);
      blocks.push_back({random() % 5000 + 1, first, first + static_cast<int>(random() % 6)});
    }
    expect_no_overlap(blocks, plan_memory(blocks));
  }
}

}  // namespace
}  // namespace cnn
