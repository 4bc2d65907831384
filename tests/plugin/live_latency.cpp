// SPDX-License-Identifier: MIT
// What the element tells the pipeline about its delay, and that it keeps to it. Both clocks stand still until they are
// set.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugin/stream.h"

namespace cnn::test {
namespace {

constexpr uint64_t kMs = GST_MSECOND;

class LiveLatency : public ::testing::Test {
 protected:
  LiveLatency() { world.control.run_ns = 10 * kMs; }

  /// Pops the bus; whether a latency message was on it.
  bool latency_was_posted(Stream& stream) {
    GstMessage* message = stream.pop_message(GST_MESSAGE_LATENCY);
    if (message) gst_message_unref(message);
    return message != nullptr;
  }
  size_t frames_left(Stream& stream) {
    size_t frames = 0;
    for (const Left& left : stream.left()) frames += left.index >= 0;
    return frames;
  }

  StubWorld world{true};
};

TEST_F(LiveLatency, IsUpstreamsAndOneMeasuredRunAtTheStart) {
  Stream live("batch-size=1", true);
  gst_harness_set_upstream_latency(live.harness(), 20 * kMs);
  live.push(1);
  EXPECT_EQ(gst_harness_query_latency(live.harness()), 20 * kMs + 12500000);
  EXPECT_FALSE(latency_was_posted(live));
}

TEST_F(LiveLatency, IncludesTheWaitForABatch) {
  Stream live("batch-size=4", true);
  live.push(1);
  EXPECT_EQ(gst_harness_query_latency(live.harness()), 3 * 40 * kMs + 50 * kMs);
}

TEST_F(LiveLatency, IsToldAgainWhenFramesTakeLonger) {
  Stream live("batch-size=1", true);
  live.push(1);
  live.wait_for_frames(1);
  world.control.run_ns = 30 * kMs;
  live.push(2);
  live.wait_for_frames(2);
  EXPECT_TRUE(latency_was_posted(live));
  EXPECT_EQ(gst_harness_query_latency(live.harness()), 37500000u);
  for (int i = 3; i < 20; ++i) {
    live.push(i);
    live.wait_for_frames(static_cast<size_t>(i));
  }
  EXPECT_FALSE(latency_was_posted(live));
}

TEST_F(LiveLatency, FollowsTheFrameRate) {
  Stream live("batch-size=4", true);
  live.push(1);
  while (latency_was_posted(live)) continue;
  GstCaps* caps = gst_caps_from_string("video/x-raw,format=GRAY8,width=4,height=4,framerate=50/1");
  live.push_event(gst_event_new_caps(caps));
  gst_caps_unref(caps);
  EXPECT_TRUE(latency_was_posted(live));
  EXPECT_EQ(gst_harness_query_latency(live.harness()), 3 * 20 * kMs + 50 * kMs);
}

TEST_F(LiveLatency, DoesNotHoldABatchLongerThanWasTold) {
  Stream live("batch-size=4", true);
  live.push(1);
  live.push(2);
  world.clock.advance(119 * kMs);
  EXPECT_EQ(frames_left(live), 0u);
  world.clock.advance(kMs);
  live.wait_for_frames(2);
  EXPECT_EQ(world.control.done().back(), (std::vector<int>{1, 2}));
}

TEST_F(LiveLatency, TakesFromTheWaitWhatAFrameIsLateAlready) {
  Stream live("batch-size=4", true);
  gst_harness_use_testclock(live.harness());
  gst_harness_set_time(live.harness(), 40 * kMs + 100 * kMs);
  live.push(1);  // pts 40 ms
  world.clock.advance(19 * kMs);
  EXPECT_EQ(frames_left(live), 0u);
  world.clock.advance(kMs);
  live.wait_for_frames(1);
}

TEST_F(LiveLatency, GivesAFrameFromUpstreamItsTime) {
  Stream live("batch-size=4", true);
  gst_harness_set_upstream_latency(live.harness(), 100 * kMs);
  gst_harness_use_testclock(live.harness());
  gst_harness_set_time(live.harness(), 40 * kMs + 100 * kMs);
  live.push(1);
  world.clock.advance(119 * kMs);
  EXPECT_EQ(frames_left(live), 0u);
  world.clock.advance(kMs);
  live.wait_for_frames(1);
}

TEST_F(LiveLatency, WithoutDelayIsThatOfStagingOnly) {
  Stream live("batch-size=2 video-delay=none live-policy=latest", true);
  // A run would move the clock while a frame is staged.
  world.control.gate(true);
  for (int i = 1; i <= 5; ++i) {
    live.push(i);
    world.clock.advance(40 * kMs);
    EXPECT_EQ(frames_left(live), static_cast<size_t>(i));
  }
  EXPECT_EQ(gst_harness_query_latency(live.harness()), 0u);
  EXPECT_FALSE(latency_was_posted(live));
  world.control.gate(false);
}

}  // namespace
}  // namespace cnn::test
