// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "tests/plugin/stabiliser_script.h"

namespace cnn::test {
namespace {

const std::vector<float> kA = {0.9f, 0.1f, 0}, kB = {0.1f, 0.9f, 0};

TEST(StabiliserKeys, AreSteadiedEachForItself) {
  StabiliserScript script({.min_duration_ns = 100 * kMs});
  for (uint64_t ms : {0, 60, 120}) {
    script.see(at(ms), kA);
    script.see(at(ms), kB, 7);
    if (ms > 0) script.see(at(ms), kA, -3);
  }
  EXPECT_EQ(script.changes(), "+a@120 +b#7@120");
  EXPECT_EQ(script.told(7), "b 90");
  EXPECT_EQ(script.told(-3), "-");
  EXPECT_EQ(script.told(8), "-");
}

TEST(StabiliserKeys, LeaveWhenTheyWereNotSeenForAWhile) {
  StabiliserScript script;
  script.see(at(0), kA);
  script.see(at(0), kA, 1);
  script.see(at(0), kB, 2);
  for (uint64_t ms = 40; ms <= 2040; ms += 40) {
    script.stabiliser.answer(2, at(ms));  // seen, though not classified
    script.stabiliser.expire(at(ms));
  }
  EXPECT_EQ(script.changes(), "+a@0 +a#1@0 +b#2@0 -a#1@0");
  EXPECT_EQ(script.stabiliser.keys(), 2u);
  EXPECT_EQ(script.told(1), "-");
}

TEST(StabiliserKeys, AreForgottenWhereTimeWentFarBack) {
  StabiliserScript script;
  script.see(at(100000), kA, 1);
  script.stabiliser.expire(at(0));
  EXPECT_EQ(script.changes(), "+a#1@100000 -a#1@100000");
}

TEST(StabiliserKeys, AreBoundedAndTheOneUnseenForLongestGoes) {
  StabiliserScript script;
  script.see(at(0), kA);
  for (int64_t key = 0; key < 10000; ++key) {
    script.see(at(static_cast<uint64_t>(key)), kB, key);
    script.stabiliser.answer(0, at(static_cast<uint64_t>(key)));
    ASSERT_LE(script.stabiliser.keys(), Stabiliser::kMostKeys);
  }
  EXPECT_EQ(script.told(), "a 90");
  EXPECT_EQ(script.told(0), "b 90");
  EXPECT_EQ(script.told(1), "-");
  EXPECT_EQ(script.told(9999), "b 90");
  EXPECT_EQ(script.told(10000 - static_cast<int64_t>(Stabiliser::kMostKeys) + 2), "b 90");
  EXPECT_EQ(script.told(10000 - static_cast<int64_t>(Stabiliser::kMostKeys) + 1), "-");
}

TEST(StabiliserReset, LetsEveryLabelLeaveOnceAtItsLastSight) {
  StabiliserScript script;
  script.see(at(0), kA);
  script.stabiliser.answer(Stabiliser::kWholeFrame, at(80));
  script.see(at(40), kA);  // a result that came late
  script.stabiliser.reset();
  EXPECT_EQ(script.changes(), "+a@0 -a@80");
  script.stabiliser.reset();
  EXPECT_EQ(script.changes(), "");
  EXPECT_EQ(script.told(), "-");
}

TEST(StabiliserReset, RemembersNoAverage) {
  StabiliserScript script({.smoothing_ns = 10000 * kMs});
  script.see(at(0), kA);
  script.stabiliser.reset();
  script.see(at(40), kB);
  EXPECT_EQ(script.told(), "b 90");
}

TEST(StabiliserReset, ComesWithOtherLabels) {
  StabiliserScript script;
  script.see(at(0), kA);
  const std::vector<std::string> same = script.labels, other = {"x", "y", "z"}, fewer = {"x", "y"};
  script.labels = same;
  script.see(at(40), kA);
  EXPECT_EQ(script.changes(), "+a@0");
  script.stabiliser.observe(Stabiliser::kWholeFrame, at(80), kFrame, kB, other, {});
  EXPECT_EQ(script.changes(), "-a@40 +y@80");
  script.stabiliser.observe(Stabiliser::kWholeFrame, at(120), kFrame, std::vector<float>{1, 0}, fewer, {});
  EXPECT_EQ(script.changes(), "-y@80 +x@120");
}

TEST(StabiliserReset, DoesNotComeWithTheSameLabelsElsewhere) {
  StabiliserScript script;
  script.see(at(0), kA);
  const std::vector<std::string> copy = script.labels;
  script.stabiliser.observe(Stabiliser::kWholeFrame, at(40), kFrame, kA, copy, {});
  EXPECT_EQ(script.changes(), "+a@0");
}

TEST(Stabiliser, IgnoresAResultWithoutProbabilities) {
  StabiliserScript script;
  script.see(at(0), {});
  script.see(at(0), {1, 0});
  EXPECT_EQ(script.stabiliser.keys(), 0u);
}

}  // namespace
}  // namespace cnn::test
