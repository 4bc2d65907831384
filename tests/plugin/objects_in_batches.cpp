// SPDX-License-Identifier: MIT
// Several pictures a frame among the batches, policies and events. The stub's result of an object is its first pixel.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "tests/plugin/detector.h"
#include "tests/plugin/harness.h"
#include "tests/plugin/stream.h"

namespace cnn::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int kSide = 16;

/// A GRAY8 frame whose pixel in column x has the value index * kSide + x.
GstBuffer* ramp(int index) {
  GstBuffer* frame = gst_buffer_new_allocate(nullptr, kSide * kSide, nullptr);
  for (gsize i = 0; i < kSide * kSide; ++i)
    gst_buffer_memset(frame, i, static_cast<guint8>(index * kSide + static_cast<int>(i % kSide)), 1);
  GST_BUFFER_OFFSET(frame) = static_cast<guint64>(index);
  GST_BUFFER_PTS(frame) = static_cast<GstClockTime>(index) * 40 * GST_MSECOND;
  GST_BUFFER_DURATION(frame) = 40 * GST_MSECOND;
  return frame;
}

/// `count` objects in the columns 0, 1, ..., with ids from `first_id` on, or without.
std::vector<Found> columns(int count, int first_id = 0) {
  std::vector<Found> objects;
  for (int i = 0; i < count; ++i) objects.push_back({"thing", i, 0, 1, kSide, first_id > 0 ? first_id + i : 0});
  return objects;
}

/// A stream that writes down the results of the objects of each frame that leaves.
class ObjectStream {
 public:
  explicit ObjectStream(const std::string& properties, bool live = false)
      : stream("regions=objects " + properties, live) {
    stream.set_size(kSide, kSide);
    gst_pad_add_probe(stream.harness()->sinkpad, GST_PAD_PROBE_TYPE_BUFFER, note, this, nullptr);
  }
  GstFlowReturn push(int index, const std::vector<Found>& objects) {
    return gst_pad_push(stream.harness()->srcpad, detected(ramp(index), objects));
  }
  /// Of frame `index`, when it has left; results that are carried over are negative.
  std::vector<int> results(int index) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return left_.contains(index); });
    return left_[index];
  }
  std::vector<int> order() {
    std::vector<int> frames;
    for (const Left& item : stream.left())
      if (item.index >= 0) frames.push_back(item.index);
    return frames;
  }

 private:
  static GstPadProbeReturn note(GstPad*, GstPadProbeInfo* info, gpointer self) {
    auto& own = *static_cast<ObjectStream*>(self);
    GstBuffer* frame = GST_PAD_PROBE_INFO_BUFFER(info);
    ClassificationMeta meta;
    std::vector<int> results;
    if (read_classification(frame, meta))
      for (const ClassifiedObject& object : meta.objects)
        results.push_back((object.inferred ? 1 : -1) * object.classes.at(0).index);
    const std::lock_guard lock(own.mutex_);
    own.left_[static_cast<int>(GST_BUFFER_OFFSET(frame))] = results;
    own.changed_.notify_all();
    return GST_PAD_PROBE_OK;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<int, std::vector<int>> left_;

 public:
  Stream stream;  ///< goes before what its thread writes to
};

class ObjectsInBatches : public ::testing::TestWithParam<const char*> {};

TEST_P(ObjectsInBatches, MayBeMoreThanABatchHasPlaces) {
  StubWorld world;
  ObjectStream objects(GetParam());
  for (int frame = 0; frame < 6; ++frame) ASSERT_EQ(objects.push(frame, columns(frame % 2 ? 13 : frame)), GST_FLOW_OK);
  objects.stream.push_event(gst_event_new_eos());
  objects.stream.wait_for_frames(6);
  EXPECT_THAT(objects.order(), ElementsAre(0, 1, 2, 3, 4, 5));
  for (int frame = 0; frame < 6; ++frame) {
    std::vector<int> wanted;
    for (int i = 0; i < (frame % 2 ? 13 : frame); ++i) wanted.push_back(frame * kSide + i);
    EXPECT_EQ(objects.results(frame), wanted) << frame;
  }
  EXPECT_EQ(objects.stream.stat("objects-classified"), 0u + 13 + 2 + 13 + 4 + 13);
}

INSTANTIATE_TEST_SUITE_P(Sizes, ObjectsInBatches,
                         ::testing::Values("batch-size=0", "batch-size=1", "batch-size=2", "batch-size=5",
                                           "batch-size=32", "batch-size=4 regions=both"));

TEST(ObjectsInBatch, OfOneFrameAreComputedTogether) {
  StubWorld world;
  ObjectStream objects("batch-size=0");
  objects.push(1, columns(5));
  objects.stream.wait_for_frames(1);
  EXPECT_THAT(world.control.done().back(), ElementsAre(16, 17, 18, 19, 20));
}

TEST(ObjectsInBatch, ManyStreamsWithMoreThanABatchShareAnEngine) {
  StubWorld world;
  constexpr int kStreams = 4, kFrames = 25;
  std::vector<std::unique_ptr<ObjectStream>> streams;
  for (int i = 0; i < kStreams; ++i)
    streams.push_back(std::make_unique<ObjectStream>(
        "batch-size=4 live-policy=" + std::string(i % 2 ? "latest" : "all"), i % 2 != 0));
  std::vector<std::thread> threads;
  for (auto& stream : streams)
    threads.emplace_back([&stream] {
      for (int frame = 0; frame < kFrames; ++frame) stream->push(frame % 16, columns(frame % 10));
      stream->stream.push_event(gst_event_new_eos());
    });
  for (std::thread& thread : threads) thread.join();
  for (auto& stream : streams) stream->stream.wait_for_frames(kFrames);
  for (int i = 0; i < kStreams; i += 2) EXPECT_EQ(streams[static_cast<size_t>(i)]->stream.stat("objects-skipped"), 0u);
}

TEST(ObjectsInBatch, AreInferredAgainAfterTheInterval) {
  StubWorld world;
  ObjectStream objects("reclassify-interval=3");
  for (int frame = 0; frame < 5; ++frame) objects.push(frame, {{"thing", 2, 0, 1, 8, 77}, {"thing", 3, 0, 1, 8, 0}});
  objects.stream.drain();
  // The one without an id is always inferred.
  EXPECT_THAT(objects.results(0), ElementsAre(2, 3));
  EXPECT_THAT(objects.results(1), ElementsAre(-2, 16 + 3));
  EXPECT_THAT(objects.results(2), ElementsAre(-2, 32 + 3));
  EXPECT_THAT(objects.results(3), ElementsAre(48 + 2, 48 + 3));
  EXPECT_THAT(objects.results(4), ElementsAre(-(48 + 2), 64 + 3));
  EXPECT_EQ(objects.stream.stat("objects-carried"), 3u);
  EXPECT_EQ(objects.stream.stat("objects-classified"), 7u);
  EXPECT_EQ(objects.stream.stat("objects"), 10u);
}

TEST(ObjectsInBatch, CarryTheirResultOverFramesThatAreNotInferred) {
  StubWorld world;
  ObjectStream objects("inference-interval=2 reclassify-interval=2");
  for (int frame = 0; frame < 4; ++frame) objects.push(frame, {{"thing", 2, 0, 1, 8, 77}, {"thing", 3, 0, 1, 8, 0}});
  objects.stream.drain();
  EXPECT_THAT(objects.results(1), ElementsAre(-2));
  EXPECT_THAT(objects.results(2), ElementsAre(32 + 2, 32 + 3));
  EXPECT_THAT(objects.results(3), ElementsAre(-(32 + 2)));
  EXPECT_EQ(objects.stream.stat("objects-skipped"), 2u);
}

TEST(ObjectsInBatch, AreTheSameAgainByTheWordOfATrackerOrTheUserOnly) {
  StubWorld world;
  for (const bool tracked : {false, true}) {
    ObjectStream objects("inference-interval=2");
    for (int frame = 0; frame < 2; ++frame) {
      Found found{"thing", 2, 0, 1, 8, 77};
      found.tracked = tracked;
      objects.push(frame, {found});
    }
    objects.stream.drain();
    EXPECT_EQ(objects.results(1), tracked ? std::vector<int>{-2} : std::vector<int>{});
  }
}

TEST(ObjectsInBatch, BeyondTheMostTakeTheirTurnsByTrackingId) {
  StubWorld world;
  ObjectStream objects("max-objects=1 reclassify-interval=0");
  const std::vector<Found> found = {{"small", 1, 0, 1, 4, 5}, {"large", 2, 0, 1, 9, 6}};
  for (int frame = 0; frame < 3; ++frame) objects.push(frame, found);
  objects.stream.drain();
  EXPECT_THAT(objects.results(0), ElementsAre(2));
  EXPECT_THAT(objects.results(1), ElementsAre(16 + 1, -2));
  EXPECT_THAT(objects.results(2), ElementsAre(-(16 + 1), -2));
}

TEST(ObjectsInBatch, AreForgottenWithAFlush) {
  StubWorld world;
  ObjectStream objects("reclassify-interval=0");
  objects.push(0, columns(1, 9));
  objects.stream.drain();
  objects.stream.flush();
  objects.push(1, columns(1, 9));
  objects.stream.drain();
  EXPECT_THAT(objects.results(1), ElementsAre(16));
}

TEST(ObjectsInBatch, AFrameLeavesWhenTheLastOfThemIsDone) {
  StubWorld world;
  Stream other("batch-size=2 video-delay=none live-policy=latest");
  ObjectStream objects("batch-size=2 live-policy=latest", true);
  objects.push(1, columns(1));
  objects.stream.wait_for_frames(1);
  world.control.gate(true);
  other.push(0);
  world.control.wait_until_running();
  objects.push(2, columns(2));
  EXPECT_THAT(objects.order(), ElementsAre(1));
  world.control.gate(false);
  objects.stream.wait_for_frames(2);
  EXPECT_THAT(objects.results(2), ElementsAre(32, 33));
}

TEST(ObjectsInBatch, OfANewerFrameReplaceThoseOfAnOlderOneAsAWhole) {
  StubWorld world;
  Stream other("batch-size=4 video-delay=none live-policy=latest");
  ObjectStream objects("batch-size=4 live-policy=latest", true);
  world.control.gate(true);
  other.push(0);
  world.control.wait_until_running();
  objects.push(1, columns(3));
  objects.push(2, columns(3));
  EXPECT_THAT(objects.order(), ElementsAre(1));  // nothing is to come for it
  EXPECT_THAT(objects.results(1), IsEmpty());
  world.control.gate(false);
  objects.stream.wait_for_frames(2);
  EXPECT_THAT(objects.results(2), ElementsAre(32, 33, 34));
  EXPECT_EQ(objects.stream.stat("skipped-busy"), 1u);
  EXPECT_EQ(objects.stream.stat("inferred"), 1u);
}

TEST(ObjectsInBatch, WithoutDelayCarryTheNewestResultOfTheirId) {
  StubWorld world;
  ObjectStream objects("batch-size=4 live-policy=latest video-delay=none reclassify-interval=2", true);
  objects.push(1, columns(2, 40));
  while (world.control.done().size() < 2) std::this_thread::yield();
  objects.stream.drain();
  world.control.gate(true);
  objects.push(2, {{"thing", 5, 0, 1, 8, 41}, {"thing", 6, 0, 1, 8, 99}});
  objects.stream.wait_for_frames(2);
  EXPECT_THAT(objects.results(1), IsEmpty());
  EXPECT_THAT(objects.results(2), ElementsAre(-(16 + 1)));
  world.control.gate(false);
}

TEST(ObjectsInBatch, OneThatFailsEndsTheStreamWithOneError) {
  StubWorld world;
  world.control.poison = {33, 34};
  ObjectStream objects("batch-size=8");
  objects.push(1, columns(3));
  objects.push(2, columns(4));
  objects.stream.push_event(gst_event_new_eos());
  objects.stream.drain();
  EXPECT_THAT(objects.order(), ElementsAre(1));
  Owned<GstMessage> error(objects.stream.pop_message(GST_MESSAGE_ERROR));
  EXPECT_TRUE(error);
  error.reset(objects.stream.pop_message(GST_MESSAGE_ERROR));
  EXPECT_FALSE(error);
}

TEST(ObjectsInBatch, InFlightAreDroppedByAFlush) {
  StubWorld world;
  Stream other("batch-size=4 video-delay=none live-policy=latest");
  ObjectStream objects("batch-size=4");
  world.control.gate(true);
  other.push(0);
  world.control.wait_until_running();
  std::thread blocked([&] { objects.push(1, columns(9)); });  // has to wait for places
  while (objects.stream.stat("frames-in") == 0) std::this_thread::yield();
  objects.stream.flush();
  blocked.join();
  world.control.gate(false);
  objects.push(2, columns(9));
  objects.stream.drain();
  EXPECT_THAT(objects.order(), ElementsAre(2));
  EXPECT_EQ(objects.results(2).size(), 9u);
}

}  // namespace
}  // namespace cnn::test
