// SPDX-License-Identifier: MIT
// Another model for a stream that runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "tests/plugin/swap_stream.h"

namespace cnn::test {
namespace {

using ::testing::ElementsAre;

TEST_F(SwapTest, HappensBetweenTwoFrames) {
  Stream stream("batch-size=1");
  push(stream, 1, 2);
  swap(stream, "new");
  EXPECT_EQ(stream.text("model"), "stub");
  push(stream, 3, 4);
  stream.drain();
  EXPECT_EQ(labels(stream), "1:stub 2:stub 3:new 4:new");
  EXPECT_EQ(stream.text("model"), "new");
  EXPECT_EQ(stream.text("model-file"), "new");
  EXPECT_EQ(stream.stat("model-changes"), 1u);
}

TEST_F(SwapTest, ClosesTheBatchOfTheOldModel) {
  Stream stream("batch-size=4");
  push(stream, 1, 2);
  swap(stream, "new");
  push(stream, 3, 6);
  EXPECT_EQ(labels(stream), "1:stub 2:stub 3:new 4:new 5:new 6:new");
  EXPECT_THAT(world.control.done(),
              ElementsAre(ElementsAre(0), ElementsAre(0), ElementsAre(1, 2), ElementsAre(3, 4, 5, 6)));
}

TEST_F(SwapTest, KeepsTheOrderWhileTheOldModelStillComputes) {
  Stream other("batch-size=2"), stream("batch-size=2");
  world.control.gated_model = "stub";
  world.control.gate(true);
  std::thread pusher([&] { stream.push(1); });
  world.control.wait_until_running();
  pusher.join();
  swap(stream, "new");
  push(stream, 2, 3);
  while (world.control.done().size() < 3) std::this_thread::yield();  // two self-tests, and 2 and 3 by the new model
  EXPECT_EQ(labels(stream), "");
  world.control.gate(false);
  stream.wait_for_frames(3);
  EXPECT_EQ(labels(stream), "1:stub 2:new 3:new");
}

TEST_F(SwapTest, IsToldOnTheBus) {
  Stream stream("batch-size=1");
  push(stream, 1, 2);
  swap(stream, "new");
  EXPECT_FALSE(change(stream));
  push(stream, 3, 3);
  const auto told = change(stream);
  ASSERT_TRUE(told);
  EXPECT_STREQ(gst_structure_get_string(told.get(), "old-model"), "stub");
  EXPECT_STREQ(gst_structure_get_string(told.get(), "new-model"), "new");
  EXPECT_STREQ(gst_structure_get_string(told.get(), "old-model-file"), "stub");
  EXPECT_STREQ(gst_structure_get_string(told.get(), "new-model-file"), "new");
  guint64 timestamp = 0, running = 0;
  EXPECT_TRUE(gst_structure_get_uint64(told.get(), "timestamp", &timestamp));
  EXPECT_TRUE(gst_structure_get_uint64(told.get(), "running-time", &running));
  EXPECT_EQ(timestamp, 120 * GST_MSECOND);
  EXPECT_EQ(running, 120 * GST_MSECOND);
  EXPECT_FALSE(gst_structure_has_field(told.get(), "agreement"));
  EXPECT_FALSE(change(stream));
  EXPECT_EQ(stream.pop_warning(), "");
}

TEST_F(SwapTest, TakesTheNewestOfSeveral) {
  Stream stream("batch-size=1");
  world.control.gate_opening(true);
  stream.set_model("first");
  world.control.wait_until_opening();
  stream.set_model("second");
  stream.set_model("third");
  push(stream, 1, 1);
  world.control.gate_opening(false);
  stream.wait_for_swap("ready");
  swap(stream, "fourth");  // the third was ready
  push(stream, 2, 2);
  EXPECT_EQ(labels(stream), "1:stub 2:fourth");
  EXPECT_EQ(stream.stat("model-changes"), 1u);
  EXPECT_EQ(stream.pop_warning(), "");
  gchar* wanted = nullptr;
  g_object_get(stream.element(), "model-file", &wanted, nullptr);
  EXPECT_STREQ(wanted, "fourth");
  g_free(wanted);
}

TEST_F(SwapTest, GoesBackWithoutCompilingAgain) {
  Stream stream("batch-size=1");
  for (int i = 0; i < 10; ++i) {
    push(stream, i, i);
    swap(stream, i % 2 == 0 ? "new" : "stub");
  }
  EXPECT_EQ(labels(stream), "0:stub 1:new 2:stub 3:new 4:stub 5:new 6:stub 7:new 8:stub 9:new");
  EXPECT_EQ(world.control.opened, 2);
}

TEST_F(SwapTest, LeavesOthersAtTheOldService) {
  Stream stays("batch-size=1"), changes("batch-size=1");
  push(stays, 1, 1);
  swap(changes, "new");
  push(changes, 1, 1);
  push(stays, 2, 2);
  stays.drain();
  changes.drain();
  EXPECT_EQ(labels(stays), "1:stub 2:stub");
  EXPECT_EQ(labels(changes), "1:new");
  EXPECT_EQ(world.control.opened, 2);
}

TEST_F(SwapTest, WorksWithAnEngineId) {
  Stream stays("batch-size=1 engine-id=gate"), changes("batch-size=1 engine-id=gate");
  swap(changes, "new");
  push(changes, 1, 1);
  push(stays, 1, 1);
  changes.drain();
  stays.drain();
  EXPECT_EQ(changes.pop_warning(), "");
  EXPECT_EQ(labels(changes), "1:new");
  EXPECT_EQ(labels(stays), "1:stub");
  swap(changes, "stub");
  EXPECT_EQ(world.control.opened, 2);
}

TEST_F(SwapTest, NeedsTheModelFileToBeSet) {
  Stream stream("batch-size=1");
  g_object_set(stream.element(), "labels-file", "other.txt", "top-k", 3u, nullptr);
  EXPECT_EQ(stream.text("swap"), "idle");
  g_object_set(stream.element(), "model-file", "new", nullptr);
  EXPECT_NE(stream.text("swap"), "idle");
  stream.wait_for_swap("ready");
  push(stream, 1, 1);
  EXPECT_EQ(labels(stream), "1:new");
}

TEST_F(SwapTest, SurvivesRequestsFromAllSides) {
  Stream stream("live-policy=all"), other;
  std::atomic<bool> over{false};
  std::thread asking([&] {
    for (int i = 0; i < 300; ++i) stream.set_model("model-" + std::to_string(i % 3));
    over = true;
  });
  std::thread looking([&] {
    while (!over) stream.stat("inferred");
  });
  int frames = 0;
  for (; !over || frames < 1000; ++frames) stream.push(frames % 256);
  asking.join();
  looking.join();
  while (stream.text("swap") == "loading") std::this_thread::yield();
  stream.push(frames % 256);
  stream.drain();
  EXPECT_EQ(stream.stat("frames-out"), static_cast<guint64>(frames) + 1);
  int next = 0;
  for (const Left& left : stream.left()) {
    if (left.index < 0) continue;
    ASSERT_EQ(left.index, next % 256);
    ASSERT_EQ(left.result, left.index);
    ASSERT_EQ(left.label, left.model);
    ++next;
  }
  EXPECT_EQ(stream.left().back().model, "model-2");
}

}  // namespace
}  // namespace cnn::test
