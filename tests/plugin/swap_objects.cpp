// SPDX-License-Identifier: MIT
// Another model for a stream with objects or stable labels.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "tests/plugin/swap_stream.h"

namespace cnn::test {
namespace {

using ::testing::ElementsAre;

class SwapObjects : public SwapTest {
 protected:
  /// Of the frames that left: the labels of their objects.
  static std::vector<std::string> seen(Stream& stream) {
    std::vector<std::string> seen;
    for (const Left& left : stream.left()) {
      if (left.index < 0) continue;
      EXPECT_EQ(left.misfit, "") << left.index;
      seen.push_back(left.seen);
    }
    return seen;
  }
  /// "label-entered a 3": the messages of changes since the last call, with the object's id.
  static std::vector<std::string> changes(Stream& stream) {
    std::vector<std::string> changes;
    while (const Owned<GstMessage> message{stream.pop_message(GST_MESSAGE_ELEMENT)}) {
      const GstStructure* fields = gst_message_get_structure(message.get());
      const char* event = gst_structure_get_string(fields, "event");
      if (!event) continue;
      gint64 id = 0;
      std::string text = std::string(event) + ' ' + gst_structure_get_string(fields, "label");
      if (gst_structure_get_int64(fields, "object-id", &id)) text += ' ' + std::to_string(id);
      changes.push_back(text);
    }
    return changes;
  }
};

// Frames 1, 2, 3, 5, 6, 7 have 1, 2, 3, 1, 2, 3 objects.

TEST_F(SwapObjects, AreAllInferredAgainByTheNewModelWhateverTheirInterval) {
  Stream stream("batch-size=1 regions=objects reclassify-interval=0");
  stream.finds_objects = true;
  push(stream, 1, 3);
  swap(stream, "new");
  push(stream, 5, 7);
  EXPECT_THAT(seen(stream),
              ElementsAre("stub", "(stub) stub", "(stub) (stub) stub", "new", "(new) new", "(new) (new) new"));
}

TEST_F(SwapObjects, OfOneFrameAreAllOfOneModel) {
  Stream stream("batch-size=8 regions=objects");
  stream.finds_objects = true;
  push(stream, 1, 3);
  swap(stream, "new");
  push(stream, 5, 7);
  stream.drain();
  EXPECT_THAT(seen(stream), ElementsAre("stub", "stub stub", "stub stub stub", "new", "new new", "new new new"));
}

TEST_F(SwapObjects, HaveNoResultOfTheOldModelBesideTheNewOnes) {
  Stream stream("batch-size=1 regions=objects reclassify-interval=0 max-objects=1");
  stream.finds_objects = true;
  for (int i : {3, 7, 11, 15}) push(stream, i, i);
  EXPECT_EQ(seen(stream).back(), "(stub) (stub) (stub)");
  swap(stream, "new");
  for (int i : {19, 23, 27}) push(stream, i, i);
  auto last = seen(stream);
  last.erase(last.begin(), last.end() - 3);
  EXPECT_THAT(last, ElementsAre("new", "(new) new", "(new) (new) new"));
}

TEST_F(SwapObjects, AreComparedInAShadowRun) {
  Stream stream("batch-size=1 regions=objects shadow-frames=5");
  stream.finds_objects = true;
  swap(stream, "new");
  push(stream, 1, 3);
  push(stream, 5, 5);
  EXPECT_THAT(seen(stream), ElementsAre("stub", "stub stub", "stub stub stub", "new"));
  EXPECT_EQ(stream.stat("shadow-frames"), 5u);
}

TEST_F(SwapObjects, StayWithTheOldModelsResultUntilTheNewOnesFirst) {
  Stream stream("batch-size=1 regions=objects reclassify-interval=0 video-delay=none live-policy=all");
  stream.finds_objects = true;
  int frame = 1;  // and each fourth behind it
  for (; seen(stream).empty() || seen(stream).back() != "(stub)"; frame += 4) {
    push(stream, frame, frame);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  swap(stream, "new");
  world.control.gated_model = "new";
  world.control.gate(true);
  push(stream, frame, frame);
  frame += 4;
  EXPECT_EQ(stream.text("model"), "new");
  EXPECT_EQ(seen(stream).back(), "(stub)");
  world.control.gate(false);
  for (; seen(stream).back() != "(new)" && frame < 250; frame += 4) {
    push(stream, frame, frame);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // for the engine: nothing here waits for it
  }
  EXPECT_EQ(seen(stream).back(), "(new)");
}

TEST_F(SwapObjects, HaveStableLabelsThatLeaveWithTheOldModel) {
  Stream stream("batch-size=1 regions=objects reclassify-interval=3 post-messages=changes");
  stream.finds_objects = true;
  push(stream, 2, 2);
  EXPECT_THAT(changes(stream), ElementsAre("label-entered stub 1", "label-entered stub 2"));
  swap(stream, "new");
  push(stream, 5, 5);
  EXPECT_THAT(changes(stream),
              ::testing::UnorderedElementsAre("label-left stub 1", "label-left stub 2", "label-entered new 1"));
}

TEST_F(SwapObjects, AndFramesKeepTheirStableLabelWhereTheLabelsAreTheSame) {
  world.control.common_below = 256;
  Stream stream(
      "batch-size=1 regions=both smoothing=1000000000 hysteresis=0.1 reclassify-interval=3 "
      "post-messages=changes");
  stream.finds_objects = true;
  push(stream, 1, 1);
  EXPECT_THAT(changes(stream), ElementsAre("label-entered value 1", "label-entered value"));
  swap(stream, "new");
  push(stream, 1, 1);
  EXPECT_THAT(changes(stream), ElementsAre());
}

TEST_F(SwapObjects, FramesWithoutThemHaveStableLabelsThatLeaveToo) {
  Stream stream("batch-size=1 post-messages=changes");
  push(stream, 1, 1);
  swap(stream, "new");
  push(stream, 2, 2);
  EXPECT_THAT(changes(stream), ElementsAre("label-entered stub", "label-left stub", "label-entered new"));
}

}  // namespace
}  // namespace cnn::test
