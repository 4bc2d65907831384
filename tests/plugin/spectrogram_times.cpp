// SPDX-License-Identifier: MIT
// When patches leave cnnspectrogram, and with which times.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/audio/sound.h"
#include "tests/plugin/sound_harness.h"

namespace cnn::test {
namespace {

using testing::ElementsAre;

std::vector<float> sound(size_t samples) { return make_sound(samples, 1000); }

TEST(SpectrogramTimes, ArePatchesFirstSampleAndHop) {
  SoundHarness harness;
  harness.push(sound(90), 3000);
  const auto patches = harness.pull();
  ASSERT_EQ(patches.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(patches[i].pts, (3000 + 20 * i) * GST_MSECOND);
    EXPECT_EQ(patches[i].duration, 20 * GST_MSECOND);
    EXPECT_EQ(patches[i].discont, i == 0);
  }
}

TEST(SpectrogramTimes, AddUpExactlyAtAnOddRate) {
  SoundHarness harness("sample-rate=44100", "format=F32LE,channels=1,rate=44100");
  harness.push(sound(44100), 0);
  const auto patches = harness.pull();
  ASSERT_EQ(patches.size(), 2203u);
  for (size_t i = 0; i < patches.size(); ++i) {
    ASSERT_EQ(patches[i].pts, gst_util_uint64_scale_round(20 * i, GST_SECOND, 44100));
    if (i > 0) {
      ASSERT_EQ(patches[i].pts, patches[i - 1].pts + patches[i - 1].duration);
    }
  }
}

TEST(SpectrogramTimes, LatencyIsAPatchOfSound) {
  for (const auto& [properties, ms] : {std::pair{"", 50}, {"center=true", 40}, {"patch-frames=1", 20}}) {
    SoundHarness harness(properties);
    gst_harness_set_upstream_latency(harness.get(), 5 * GST_MSECOND);
    EXPECT_EQ(gst_harness_query_latency(harness.get()), static_cast<GstClockTime>(ms + 5) * GST_MSECOND);
    // A patch leaves when its last sample is there, not one before.
    const auto all = sound(static_cast<size_t>(ms));
    harness.push(std::vector<float>(all.begin(), all.end() - 1), 0);
    EXPECT_THAT(harness.begins(), ElementsAre());
    harness.push(std::vector<float>(all.end() - 1, all.end()), ms - 1);
    EXPECT_THAT(harness.begins(), ElementsAre(0));
  }
}

TEST(SpectrogramTimes, SoundWithoutTimesIsCountedOn) {
  SoundHarness harness;
  harness.push(sound(50), 500);
  harness.push(sound(20), -1);
  EXPECT_THAT(harness.begins(), ElementsAre(500, 520));
}

TEST(SpectrogramTimes, JitterChangesNothing) {
  SoundHarness harness;
  harness.push(sound(50), 0);
  harness.push(sound(20), 53);
  harness.push(sound(20), 66);
  EXPECT_THAT(harness.begins(), ElementsAre(0, 20, 40));
}

TEST(SpectrogramTimes, FollowAClockThatDrifts) {
  SoundHarness harness;
  // Blocks of 50 samples that claim to take 51 ms each.
  for (int i = 0; i < 100; ++i) harness.push(sound(50), 51 * i);
  const auto begins = harness.begins();
  ASSERT_EQ(begins.size(), 248u);
  EXPECT_NEAR(begins.back(), 51 * 20 * 247 / 50, 12);
}

TEST(SpectrogramTimes, AJumpBeginsAnewAndIsMarked) {
  SoundHarness harness;
  harness.push(sound(60), 0);
  harness.push(sound(40), 200);
  harness.push(sound(20), 240);
  const auto patches = harness.pull();
  ASSERT_EQ(patches.size(), 2u);
  EXPECT_EQ(patches[0].pts, 0u);
  EXPECT_EQ(patches[1].pts, 200 * GST_MSECOND);
  EXPECT_TRUE(patches[1].discont);
}

TEST(SpectrogramTimes, ADiscontinuityBeginsAnewWithoutAJump) {
  SoundHarness harness;
  harness.push(sound(40), 0);
  harness.push(sound(50), 40, true);
  EXPECT_THAT(harness.begins(), ElementsAre(0, 40));  // the first padded, being the only one of its stretch
  SoundHarness dropping("partial-patch=drop");
  dropping.push(sound(40), 0);
  dropping.push(sound(50), 40, true);
  EXPECT_THAT(dropping.begins(), ElementsAre(40));
}

TEST(SpectrogramTimes, AShortGapIsSilence) {
  SoundHarness filled, silent;
  const auto before = sound(30), after = sound(20);
  filled.push(before, 0);
  ASSERT_TRUE(filled.send(gst_event_new_gap(30 * GST_MSECOND, 40 * GST_MSECOND)));
  filled.push(after, 70);
  silent.push(before, 0);
  silent.push(std::vector<float>(40), 30);
  silent.push(after, 70);
  const auto expected = silent.pull(), actual = filled.pull();
  ASSERT_EQ(actual.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(actual[i].pts, expected[i].pts);
    EXPECT_EQ(actual[i].values, expected[i].values);
  }
}

TEST(SpectrogramTimes, ALongGapEndsTheStretchAndGoesOn) {
  SoundHarness harness;
  harness.push(sound(30), 0);
  while (GstEvent* event = gst_harness_try_pull_event(harness.get())) gst_event_unref(event);
  ASSERT_TRUE(harness.send(gst_event_new_gap(30 * GST_MSECOND, GST_SECOND * 3600)));
  GstEvent* event = gst_harness_try_pull_event(harness.get());
  ASSERT_TRUE(event);
  EXPECT_EQ(GST_EVENT_TYPE(event), GST_EVENT_GAP);
  gst_event_unref(event);
  harness.push(sound(50), 3600030);
  EXPECT_THAT(harness.begins(), ElementsAre(0, 3600030));
}

TEST(SpectrogramTimes, AtTheEndOfTheStream) {
  for (const auto& [properties, begins] : {std::pair{"partial-patch=drop", std::vector{0}},
                                           {"partial-patch=pad", std::vector{0, 20}},
                                           {"partial-patch=first", std::vector{0}}}) {
    SoundHarness harness(properties);
    harness.push(sound(55), 0);
    ASSERT_TRUE(harness.send(gst_event_new_eos()));
    EXPECT_EQ(harness.begins(), begins) << properties;
  }
  SoundHarness harness;
  harness.push(sound(5), 0);
  harness.send(gst_event_new_eos());
  EXPECT_THAT(harness.begins(), ElementsAre(0));
}

TEST(SpectrogramTimes, AFlushForgetsAndCountsAnew) {
  SoundHarness harness;
  harness.push(sound(45), 0);
  harness.send(gst_event_new_flush_start());
  harness.send(gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.start = segment.time = GST_SECOND;
  harness.send(gst_event_new_segment(&segment));
  harness.push(sound(70), 990);  // 10 ms of it are before the segment
  const auto patches = harness.pull();
  ASSERT_EQ(patches.size(), 1u);
  EXPECT_EQ(patches[0].pts, 1000 * GST_MSECOND);
}

TEST(SpectrogramTimes, ANewSegmentEndsTheStretchBeforeIt) {
  SoundHarness harness;
  harness.push(sound(30), 0);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.base = 30 * GST_MSECOND;
  harness.send(gst_event_new_segment(&segment));
  harness.push(sound(50), 0);
  const auto patches = harness.pull();
  ASSERT_EQ(patches.size(), 2u);
  EXPECT_NE(patches[0].values, patches[1].values);
  EXPECT_TRUE(patches[1].discont);
}

TEST(SpectrogramTimes, RefusesToPlayBackwards) {
  SoundHarness harness;
  EXPECT_FALSE(gst_harness_push_upstream_event(
      harness.get(), gst_event_new_seek(-1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET, 0,
                                        GST_SEEK_TYPE_SET, GST_SECOND)));
}

TEST(SpectrogramTimes, StartAnewWithEveryCycleOfStates) {
  SoundHarness harness;
  for (int cycle = 0; cycle < 3; ++cycle) {
    harness.push(sound(60), 0);
    EXPECT_THAT(harness.begins(), ElementsAre(0)) << cycle;
    ASSERT_EQ(gst_element_set_state(harness.element(), GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
    ASSERT_EQ(gst_element_set_state(harness.element(), GST_STATE_PLAYING), GST_STATE_CHANGE_SUCCESS);
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    GstCaps* caps = gst_pad_get_current_caps(harness.get()->srcpad);
    harness.send(gst_event_new_stream_start("again"));
    harness.send(gst_event_new_caps(caps));
    harness.send(gst_event_new_segment(&segment));
    gst_caps_unref(caps);
  }
}

}  // namespace
}  // namespace cnn::test
