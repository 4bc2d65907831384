// SPDX-License-Identifier: MIT
// Several streams at one engine, and what must not pass from one to another.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "tests/plugin/harness.h"
#include "tests/plugin/stream.h"

namespace cnn::test {
namespace {

class Streams : public ::testing::Test {
 protected:
  StubWorld world;
};

void expect_own_results(Stream& stream, int frames) {
  int index = 0;
  for (const Left& left : stream.left()) {
    if (left.index < 0) continue;
    EXPECT_EQ(left.index, index);
    EXPECT_EQ(left.result, index);
    ++index;
  }
  EXPECT_EQ(index, frames);
}

TEST_F(Streams, ShareOneEngineWhereTheyWantTheSame) {
  Stream a, b, c("engine-id=own"), d("priority=90 top-k=1 live-policy=latest");
  EXPECT_EQ(world.control.opened, 2);
}

TEST_F(Streams, KeepTheEngineOverStateCyclesAndNewElements) {
  {
    Stream a;
    a.cycle();
    a.cycle();
  }
  Stream b;
  EXPECT_EQ(world.control.opened, 1);
}

TEST_F(Streams, OfDifferentSizesGetTheirOwnResults) {
  Stream a, b, c;
  b.set_size(16, 8);
  c.set_size(100, 50);
  std::vector<std::thread> threads;
  for (Stream* stream : {&a, &b, &c})
    threads.emplace_back([stream] {
      for (int i = 0; i < 100; ++i) stream->push(i);
      stream->push_event(gst_event_new_eos());
      stream->drain();
    });
  for (auto& thread : threads) thread.join();
  for (Stream* stream : {&a, &b, &c}) expect_own_results(*stream, 100);
}

TEST_F(Streams, MayLeaveWhileOthersAreComputed) {
  Stream stays;
  std::thread pusher([&] {
    for (int i = 0; i < 200; ++i) stays.push(i);
  });
  for (int i = 0; i < 20; ++i) {
    Stream goes;
    for (int frame = 0; frame < 5; ++frame) goes.push(frame);
  }
  pusher.join();
  stays.drain();
  expect_own_results(stays, 200);
}

TEST_F(Streams, OfAFailedFrameAloneFail) {
  Stream good, bad;
  world.control.poison = {7};
  std::thread good_thread([&] {
    for (int i = 0; i < 5; ++i) good.push(i);
    good.drain();
  });
  GstFlowReturn flow = GST_FLOW_OK;
  for (int i = 5; i < 200 && flow == GST_FLOW_OK; ++i) flow = bad.push(i);
  good_thread.join();
  EXPECT_EQ(flow, GST_FLOW_ERROR);
  expect_own_results(good, 5);
  GstMessage* message = bad.pop_message(GST_MESSAGE_ERROR);
  ASSERT_TRUE(message);
  gst_message_unref(message);
  EXPECT_FALSE(bad.pop_message(GST_MESSAGE_ERROR));
  EXPECT_FALSE(good.pop_message(GST_MESSAGE_ERROR));
}

/// A device that fails hands over to the CPU; each stream hears of it once.
TEST_F(Streams, AreWarnedOfADeviceThatFailed) {
  Stream one, other;
  const auto push = [&](int index) {
    one.push(index);
    other.push(index);
  };
  push(0);
  EXPECT_EQ(one.pop_warning(), "");
  world.control.trouble = "cuda:0 failed: it fell off the bus";
  for (int i = 1; i < 5; ++i) push(i);
  one.drain();
  other.drain();
  for (Stream* stream : {&one, &other}) {
    EXPECT_THAT(stream->pop_warning(), ::testing::HasSubstr("cuda:0 failed: it fell off the bus; the CPU computes"));
    EXPECT_EQ(stream->pop_warning(), "");
    expect_own_results(*stream, 5);
  }
}

/// A consumer that does not read: what is inside stays bounded, whatever comes.
class Unread : public Streams, public ::testing::WithParamInterface<const char*> {};

TEST_P(Unread, HoldsABoundedNumberOfFrames) {
  Stream other;
  Stream stream(GetParam(), std::string(GetParam()).find("latest") != std::string::npos);
  std::mutex gate;
  std::unique_lock closed(gate);
  stream.on_frame = [&](const Left&) { const std::lock_guard pass(gate); };
  std::thread pusher([&] {
    for (int i = 0; i < 250; ++i) EXPECT_EQ(stream.push(i), GST_FLOW_OK);
  });
  // Nothing more goes in once it is full: two looks far apart see the same.
  guint64 before = 0;
  while (before == 0 || before != stream.stat("frames-in")) {
    before = stream.stat("frames-in");
    g_usleep(20000);
  }
  EXPECT_LE(before, 20u);
  closed.unlock();
  pusher.join();
  stream.drain();
  EXPECT_EQ(stream.stat("frames-out"), 250u);
}

INSTANTIATE_TEST_SUITE_P(By, Unread,
                         ::testing::Values("live-policy=all", "live-policy=latest",
                                           "live-policy=latest video-delay=none", "live-policy=all video-delay=none"));

TEST_F(Streams, AreFlushedWhileTheirConsumerDoesNotRead) {
  Stream other;
  Stream stream("live-policy=all");
  // As a sink in PAUSED does, it lets go of its frame when it is flushed.
  stream.on_frame = [&](const Left& frame) {
    while (frame.index == 1 &&
           !std::ranges::any_of(stream.left(), [](const Left& l) { return l.event == "flush-start"; }))
      std::this_thread::yield();
  };
  std::thread pusher([&] {
    while (stream.push(1) == GST_FLOW_OK) continue;
  });
  while (stream.left().size() < 4) std::this_thread::yield();  // stream-start, caps, segment and a frame
  stream.push_event(gst_event_new_flush_start());
  pusher.join();
  stream.push_event(gst_event_new_flush_stop(TRUE));
  stream.push_segment();
  stream.push(2);
  stream.drain();
  EXPECT_EQ(stream.left().back().index, 2);
}

}  // namespace
}  // namespace cnn::test
