// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/plugin/stream.h"

namespace cnn::test {
namespace {

constexpr uint64_t kMs = GST_MSECOND;

std::vector<int> results_of(const std::vector<Left>& left) {
  std::vector<int> results;
  for (const Left& item : left)
    if (item.index >= 0) results.push_back(item.result);
  return results;
}

std::vector<int> frames_of(const std::vector<Left>& left) {
  std::vector<int> frames;
  for (const Left& item : left)
    if (item.index >= 0) frames.push_back(item.index);
  return frames;
}

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// An engine that stands still until it is told to run, and another stream that keeps it from being used by the
/// streaming thread.
class LivePolicyTest : public ::testing::Test {
 protected:
  void SetUp() override { world.control.gated = false; }

  /// The engine computes a frame of `other`, until let_run().
  void block_engine() {
    world.control.gate(true);
    other.push(0);
    world.control.wait_until_running();
  }
  /// Lets the engine go on for good.
  void free_engine() { world.control.gate(false); }
  /// The frames of the batches since the engine was blocked, without the frame that blocked it.
  std::vector<std::vector<int>> batches() {
    auto all = world.control.done();
    all.erase(all.begin(), all.begin() + std::min<ptrdiff_t>(2, static_cast<ptrdiff_t>(all.size())));
    return all;
  }

  StubWorld world;
  Stream other{"batch-size=2 video-delay=none live-policy=latest"};
};

TEST_F(LivePolicyTest, LatestInfersTheNewestFrameWhenTheEngineIsFree) {
  Stream live("batch-size=2", true);
  block_engine();
  for (int i = 1; i <= 3; ++i) live.push(i);
  EXPECT_THAT(frames_of(live.left()), ElementsAre(1, 2));  // the newest waits for its result
  free_engine();
  live.wait_for_frames(3);
  live.push(4);
  live.wait_for_frames(4);
  EXPECT_THAT(results_of(live.left()), ElementsAre(-1, -1, 3, 4));
  EXPECT_THAT(batches(), ElementsAre(ElementsAre(3), ElementsAre(4)));
  EXPECT_EQ(live.stat("skipped-busy"), 2u);
  EXPECT_EQ(live.stat("inferred"), 2u);
}

TEST_F(LivePolicyTest, WithoutDelayFramesPassWithTheNewestResult) {
  Stream live("batch-size=2 video-delay=none", true);
  live.push(1);
  live.wait_for_frames(1);
  while (world.control.done().size() < 2) std::this_thread::yield();
  live.drain();
  block_engine();
  live.push(2);
  live.push(3);
  EXPECT_THAT(frames_of(live.left()), ElementsAre(1, 2, 3));
  const auto left = live.left();
  EXPECT_EQ(left.back().result, 1);
  EXPECT_FALSE(left.back().inferred);
  EXPECT_EQ(left.back().age_ns, 80 * kMs);
  free_engine();
}

TEST_F(LivePolicyTest, AllWaitsForTheEngineAndSkipsNothing) {
  Stream file("batch-size=2");
  block_engine();
  std::thread reader([&] {
    for (int i = 1; i <= 20; ++i) file.push(i);
    file.push_event(gst_event_new_eos());
  });
  free_engine();
  reader.join();
  file.drain();
  std::vector<int> every(20);
  for (int i = 0; i < 20; ++i) every[static_cast<size_t>(i)] = i + 1;
  EXPECT_EQ(results_of(file.left()), every);
  EXPECT_EQ(file.stat("skipped"), 0u);
}

TEST_F(LivePolicyTest, AllMayBeAskedOfALiveStream) {
  Stream live("batch-size=2 live-policy=all", true);
  for (int i = 1; i <= 5; ++i) live.push(i);
  live.drain();
  EXPECT_THAT(results_of(live.left()), ElementsAre(1, 2, 3, 4, 5));
}

TEST_F(LivePolicyTest, FramesDoNotWaitForALateResultForever) {
  Stream live("batch-size=1", true);
  Stream blocker("batch-size=1");
  world.control.gate(true);
  std::thread blocked([&] { blocker.push(0); });
  world.control.wait_until_running();
  for (int i = 1; i <= 100; ++i) EXPECT_EQ(live.push(i), GST_FLOW_OK);
  // The engine has not moved, and yet all but a bounded number of frames have left.
  EXPECT_GE(frames_of(live.left()).size(), 90u);
  free_engine();
  blocked.join();
  live.drain();
  EXPECT_EQ(frames_of(live.left()).size(), 100u);
}

class Deadline : public LivePolicyTest {
 protected:
  /// Sets the pipeline's clock to `now` and tells it a latency.
  void set_time(Stream& stream, GstClockTime now) { gst_harness_set_time(stream.harness(), now); }
  void tell_latency(Stream& stream, GstClockTime latency) {
    gst_harness_push_upstream_event(stream.harness(), gst_event_new_latency(latency));
  }
};

TEST_F(Deadline, SkipsAFrameThatWouldBeLate) {
  Stream live("batch-size=2 live-policy=deadline", true);
  gst_harness_use_testclock(live.harness());
  tell_latency(live, 50 * kMs);
  set_time(live, 40 * kMs + 20 * kMs);
  live.push(1);  // pts 40 ms
  live.wait_for_frames(1);
  set_time(live, 80 * kMs + 60 * kMs);
  live.push(2);
  live.wait_for_frames(2);
  set_time(live, 120 * kMs + 30 * kMs);
  live.push(3);
  live.wait_for_frames(3);
  EXPECT_THAT(results_of(live.left()), ElementsAre(1, 1, 3));
  EXPECT_EQ(live.stat("skipped-late"), 1u);
}

TEST_F(Deadline, TakesAFrameWithoutTimeAsPunctual) {
  Stream live("batch-size=2 live-policy=deadline", true);
  gst_harness_use_testclock(live.harness());
  tell_latency(live, 50 * kMs);
  set_time(live, 10 * GST_SECOND);
  live.push(1, GST_CLOCK_TIME_NONE);
  live.wait_for_frames(1);
  EXPECT_THAT(results_of(live.left()), ElementsAre(1));
}

class QosTest : public LivePolicyTest {
 protected:
  bool send_qos(Stream& stream, GstClockTimeDiff late, GstClockTime timestamp) {
    return gst_harness_push_upstream_event(stream.harness(),
                                           gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 1.5, late, timestamp));
  }
  guint reached_upstream(Stream& stream) {
    guint count = 0;
    while (GstEvent* event = gst_harness_try_pull_upstream_event(stream.harness())) {
      count += GST_EVENT_TYPE(event) == GST_EVENT_QOS;
      gst_event_unref(event);
    }
    return count;
  }
};

TEST_F(QosTest, MakesInferenceRarerAndDropsNoVideo) {
  Stream live("batch-size=2 live-policy=latest", true);
  live.push(1);
  live.wait_for_frames(1);
  send_qos(live, 30 * kMs, 40 * kMs);  // frames up to 40 + 2 * 30 + 40 = 140 ms go without
  for (int i = 2; i <= 5; ++i) {
    live.push(i);
    live.wait_for_frames(static_cast<size_t>(i));
  }
  EXPECT_THAT(results_of(live.left()), ElementsAre(1, 1, 1, 4, 5));
  EXPECT_EQ(live.stat("skipped-qos"), 2u);
  EXPECT_EQ(live.stat("frames-out"), 5u);
  EXPECT_EQ(reached_upstream(live), 0u);
}

TEST_F(QosTest, GoesUpstreamWhenInferenceIsNotToBlame) {
  Stream live("batch-size=2 live-policy=latest", true);
  live.push(1);
  live.wait_for_frames(1);
  send_qos(live, 30 * kMs, 40 * kMs);
  EXPECT_EQ(reached_upstream(live), 0u);
  live.push(2);
  live.wait_for_frames(2);
  send_qos(live, 30 * kMs, 80 * kMs);
  EXPECT_EQ(reached_upstream(live), 1u);
}

TEST_F(QosTest, DoesNotTouchAStreamThatWantsEveryFrame) {
  Stream file("batch-size=2 live-policy=all");
  file.push(1);
  send_qos(file, 30 * kMs, 40 * kMs);
  file.push(2);
  file.drain();
  EXPECT_THAT(results_of(file.left()), ElementsAre(1, 2));
  EXPECT_EQ(reached_upstream(file), 1u);
}

TEST_F(QosTest, IsToldOnTheBus) {
  Stream live("batch-size=2 live-policy=latest", true);
  live.push(1);
  live.wait_for_frames(1);
  send_qos(live, 30 * kMs, 40 * kMs);
  live.push(2);
  live.wait_for_frames(2);
  GstMessage* message = live.pop_message(GST_MESSAGE_QOS);
  ASSERT_TRUE(message);
  gboolean is_live = FALSE;
  guint64 timestamp = 0, processed = 0, skipped = 0;
  gst_message_parse_qos(message, &is_live, nullptr, nullptr, &timestamp, nullptr);
  gst_message_parse_qos_stats(message, nullptr, &processed, &skipped);
  EXPECT_TRUE(is_live);
  EXPECT_EQ(timestamp, 80 * kMs);
  EXPECT_EQ(processed, 1u);
  EXPECT_EQ(skipped, 1u);
  gst_message_unref(message);
}

}  // namespace
}  // namespace cnn::test
