// SPDX-License-Identifier: MIT
#include "engine/base/workers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

namespace cnn {
namespace {

TEST(Workers, CoverEveryIndexOnce) {
  for (int threads : {1, 2, 5}) {
    Workers workers(threads);
    EXPECT_EQ(workers.count(), threads);
    for (int64_t n : {0, 1, 2, 3, 17, 1000}) {
      for (int64_t grain : {1, 4, 2000}) {
        std::vector<std::atomic<int>> visits(static_cast<size_t>(n));
        workers.parallel_for(n, grain, [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i) ++visits[static_cast<size_t>(i)];
        });
        for (auto& count : visits) EXPECT_EQ(count.load(), 1);
      }
    }
  }
}

TEST(Workers, ZeroThreadsMeansOneOrMore) { EXPECT_GE(Workers(0).count(), 1); }

TEST(Workers, KeepsSmallWorkOnTheCallingThread) {
  Workers workers(4);
  int calls = 0;
  workers.parallel_for(7, 4, [&](int64_t begin, int64_t end) {
    ++calls;
    EXPECT_EQ(begin, 0);
    EXPECT_EQ(end, 7);
  });
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace cnn
