// SPDX-License-Identifier: MIT
#include "engine/cpu/batch_tuner.h"

#include <gtest/gtest.h>

namespace cnn {
namespace {

/// Runs `images` until the choice has settled; seconds[size] is what each size takes.
size_t settled(BatchTuner& tuner, int images, const std::vector<double>& seconds) {
  for (int run = 0; run < 20; ++run) {
    const size_t size = tuner.choose(images);
    tuner.told(images, size, seconds[size]);
  }
  return tuner.choose(images);
}

TEST(BatchTuner, SettlesOnTheFastestSize) {
  for (size_t fastest = 0; fastest < 4; ++fastest) {
    BatchTuner tuner({1, 2, 4, 8}, 8, false);
    std::vector<double> seconds{1.2, 1.2, 1.2, 1.2};
    seconds[fastest] = 1;
    EXPECT_EQ(settled(tuner, 8, seconds), fastest);
  }
}

TEST(BatchTuner, TriesEverySizeThatFits) {
  BatchTuner tuner({1, 2, 4, 8}, 8, false);
  std::vector<int> tried(4, 0);
  for (int run = 0; run < 9; ++run) {
    const size_t size = tuner.choose(5);
    ++tried[size];
    tuner.told(5, size, 1);
  }
  EXPECT_EQ(tried, (std::vector<int>{3, 3, 3, 0}));
}

TEST(BatchTuner, OneSlowRunDoesNotDecide) {
  BatchTuner tuner({1, 2}, 2, false);
  for (int run = 0; run < 6; ++run) {
    const size_t size = tuner.choose(2);
    tuner.told(2, size, run < 2 ? 9 : size == 1 ? 1 : 2);
  }
  EXPECT_EQ(tuner.choose(2), 1u);
}

TEST(BatchTuner, GivesUpOnWhatIsFarSlower) {
  BatchTuner tuner({1, 2, 4}, 4, false);
  std::vector<int> tried(3, 0);
  for (int run = 0; run < 20; ++run) {
    const size_t size = tuner.choose(4);
    ++tried[size];
    tuner.told(4, size, size == 0 ? 5 : 1 + 0.1 * static_cast<double>(size));
  }
  EXPECT_EQ(tried[0], 2);
}

TEST(BatchTuner, FixedTakesTheLargestThatFits) {
  BatchTuner tuner({1, 2, 4, 8}, 8, true);
  EXPECT_EQ(settled(tuner, 8, {1, 2, 3, 4}), 3u);
  EXPECT_EQ(tuner.choose(7), 2u);
  EXPECT_EQ(tuner.choose(1), 0u);
}

TEST(BatchTuner, TriesAWayForManyImagesWithMany) {
  BatchTuner tuner({1, 4, 2}, 4, false);
  EXPECT_EQ(settled(tuner, 4, {2, 3, 1}), 2u);
  EXPECT_EQ(settled(tuner, 3, {2, 1, 3}), 0u);
  EXPECT_EQ(settled(tuner, 1, {2, 1, 1}), 0u);
}

TEST(BatchTuner, TakesHugeBatchesForOneAnother) {
  BatchTuner tuner({1, 2}, 1 << 30, false);
  EXPECT_EQ(settled(tuner, 1 << 30, {2, 1}), 1u);
  EXPECT_EQ(tuner.choose(1 << 29), 1u);
}

}  // namespace
}  // namespace cnn
