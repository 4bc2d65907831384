// SPDX-License-Identifier: MIT
// When the batch of a live stream closes. By a clock that stands: by a real one a slow machine closes it before the
// next frame comes, or computes it on another thread.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugin/harness.h"
#include "tests/plugin/stream.h"

namespace cnn::test {
namespace {

using ::testing::ElementsAre;

class BatchTimes : public ::testing::Test {
 protected:
  static std::vector<int> frames_of(Stream& stream) {
    std::vector<int> frames;
    for (const Left& left : stream.left())
      if (left.index >= 0) frames.push_back(left.index);
    return frames;
  }

  StubWorld world{true};
  Stream live{"batch-size=4", true};
};

TEST_F(BatchTimes, FramesOfALiveStreamWaitForTheOthersOfTheirBatch) {
  for (int i = 0; i < 3; ++i) live.push(i);
  EXPECT_THAT(frames_of(live), ElementsAre());
  live.push(3);
  EXPECT_THAT(frames_of(live), ElementsAre(0, 1, 2, 3));
}

TEST_F(BatchTimes, AGapInTimeClosesTheBatch) {
  live.push(0);
  EXPECT_THAT(frames_of(live), ElementsAre());
  live.push(9);
  EXPECT_THAT(frames_of(live), ElementsAre(0, 9));
}

TEST_F(BatchTimes, FramesOfUnknownRateAreNotHeld) {
  const Owned<GstCaps> caps(gst_caps_from_string("video/x-raw,format=GRAY8,framerate=0/1,width=4,height=4"));
  live.push_event(gst_event_new_caps(caps.get()));
  live.push(0);
  EXPECT_THAT(frames_of(live), ElementsAre(0));
}

}  // namespace
}  // namespace cnn::test
