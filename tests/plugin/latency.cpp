// SPDX-License-Identifier: MIT
#include "plugin/latency.h"

#include <gtest/gtest.h>

#include "plugin/statistics.h"
#include "tests/plugin/harness.h"

namespace cnn::test {
namespace {

constexpr uint64_t kMs = 1000000;

TEST(Latency, IsTheWaitForTheBatchAndItsProcessing) {
  Latency latency;
  latency.reset(4, 8 * kMs);
  latency.set_frame_duration(40 * kMs);
  EXPECT_EQ(latency.batch_wait_ns(), 120 * kMs);
  EXPECT_EQ(latency.total_ns(), 130 * kMs);
}

TEST(Latency, ChangesOnlyWhenTheTruthLeavesWhatWasTold) {
  Latency latency;
  latency.reset(1, 8 * kMs);
  EXPECT_FALSE(latency.observe(9 * kMs));
  EXPECT_TRUE(latency.observe(12 * kMs));
  EXPECT_EQ(latency.total_ns(), 15 * kMs);
  EXPECT_FALSE(latency.observe(14 * kMs));
}

TEST(Latency, ShrinksWhenOldSlowBatchesAreForgotten) {
  Latency latency;
  latency.reset(1, 0);
  EXPECT_TRUE(latency.observe(100 * kMs));
  int changes = 0;
  for (int i = 0; i < 200; ++i) changes += latency.observe(8 * kMs);
  EXPECT_EQ(changes, 1);
  EXPECT_EQ(latency.total_ns(), 10 * kMs);
}

TEST(Latency, DoesNotLetALiveStreamOfUnknownRateWait) {
  Latency latency;
  latency.reset(4, kMs);
  EXPECT_TRUE(latency.may_wait());
  latency.set_live(true);
  EXPECT_FALSE(latency.may_wait());
  latency.set_frame_duration(40 * kMs);
  EXPECT_TRUE(latency.may_wait());
}

TEST(Histogram, TellsPercentilesWithinABucket) {
  Histogram histogram;
  EXPECT_EQ(histogram.percentile(50), 0u);
  for (uint64_t ms = 1; ms <= 100; ++ms) histogram.add(ms * kMs);
  for (const double percent : {50., 95., 99., 100.}) {
    EXPECT_GE(static_cast<double>(histogram.percentile(percent)), percent * kMs) << percent;
    EXPECT_LE(static_cast<double>(histogram.percentile(percent)), percent * kMs * 1.13) << percent;
  }
}

TEST(Histogram, TakesEveryDuration) {
  Histogram histogram;
  histogram.add(0);
  EXPECT_EQ(histogram.percentile(100), 0u);
  histogram.add(UINT64_MAX);
  EXPECT_EQ(histogram.percentile(100), UINT64_MAX);
}

TEST(ClassifyLatency, IsAddedToUpstreams) {
  ClassifyHarness harness("batch-size=4");
  gst_harness_set_live(harness.get(), TRUE);
  harness.set_size(16, 16);
  gst_harness_set_upstream_latency(harness.get(), 20 * GST_MSECOND);
  EXPECT_GE(gst_harness_query_latency(harness.get()), (20 + 3 * 40) * GST_MSECOND);
  EXPECT_LT(gst_harness_query_latency(harness.get()), (20 + 3 * 40 + 1000) * GST_MSECOND);
}

TEST(ClassifyLatency, OfSingleFramesIsOnlyProcessing) {
  ClassifyHarness harness;
  gst_harness_set_live(harness.get(), TRUE);
  harness.set_size(16, 16);
  harness.push(0);
  EXPECT_GT(gst_harness_query_latency(harness.get()), 0u);
  EXPECT_LT(gst_harness_query_latency(harness.get()), GST_SECOND);
}

}  // namespace
}  // namespace cnn::test
