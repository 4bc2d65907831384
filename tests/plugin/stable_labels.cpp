// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cmath>

#include "tests/plugin/harness.h"

namespace cnn::test {
namespace {

constexpr uint64_t kMs = 1000000;

void push_red(ClassifyHarness& harness, int index) {
  gst_harness_push(harness.get(), solid_frame(16, 16, index, 200, 100));
}
void push_green(ClassifyHarness& harness, int index) {
  gst_harness_push(harness.get(), solid_frame(16, 16, index, 50, 180));
}

guint64 number(const GstStructure* fields, const char* name) {
  guint64 value = 0;
  EXPECT_TRUE(gst_structure_get_uint64(fields, name, &value)) << name;
  return value;
}

/// Element messages since the last call, each as "label-entered red @200 since 0" by running time and time stamp in ms.
std::string changes(GstBus* bus) {
  std::string text;
  while (const Owned<GstMessage> message{gst_bus_pop_filtered(bus, GST_MESSAGE_ELEMENT)}) {
    const GstStructure* fields = gst_message_get_structure(message.get());
    EXPECT_STREQ(gst_structure_get_name(fields), "cnnclassify");
    const char* event = gst_structure_get_string(fields, "event");
    const char* label = gst_structure_get_string(fields, "label");
    if (!text.empty()) text += ", ";
    text += event ? event : "no event";
    if (label) text.append(" ").append(label);
    text.append(" @").append(std::to_string(number(fields, "running-time") / kMs));
    text.append(" since ").append(std::to_string(number(fields, "since") / kMs));
  }
  return text;
}

TEST(StableLabels, AreAbsentUnlessAskedFor) {
  ClassifyHarness harness;
  harness.set_size(16, 16);
  push_red(harness, 0);
  EXPECT_FALSE(harness.pull_meta().stable);
}

TEST(StableLabels, StandBesideTheRawOnesAndDoNotFlicker) {
  ClassifyHarness harness("smoothing=1000000000 hysteresis=0.1 min-duration=40000000 top-k=1 threshold=0.6");
  harness.set_size(16, 16);
  for (int i = 0; i < 20; ++i) {
    i % 3 == 2 ? push_green(harness, i) : push_red(harness, i);
    const ClassificationMeta meta = harness.pull_meta();
    ASSERT_EQ(meta.classes.size(), 1u) << i;
    EXPECT_EQ(meta.classes[0].label, i % 3 == 2 ? "green" : "red") << i;
    ASSERT_EQ(meta.stable.has_value(), i > 0) << i;
    if (!meta.stable) continue;
    EXPECT_EQ(meta.stable->label, "red") << i;
    EXPECT_EQ(meta.stable->index, 0) << i;
    EXPECT_EQ(meta.stable->since, 0u) << i;
  }
}

TEST(StableLabels, AverageConfidencesBelowThresholdAndTopKToo) {
  ClassifyHarness harness("smoothing=40000000 top-k=1 threshold=0.9");
  harness.set_size(16, 16);
  push_red(harness, 0);
  push_green(harness, 1);
  harness.pull_meta();
  const ClassificationMeta meta = harness.pull_meta();
  EXPECT_TRUE(meta.classes.empty());
  ASSERT_TRUE(meta.stable);
  EXPECT_EQ(meta.stable->label, "green");
  EXPECT_NEAR(meta.stable->confidence, (100 + (1 - std::exp(-1.0)) * 80) / 255, 1e-5);
}

TEST(StableLabels, AreUnknownBelowTheThreshold) {
  ClassifyHarness harness("unknown-threshold=0.75 post-messages=changes");
  harness.set_size(16, 16);
  push_green(harness, 0);
  const ClassificationMeta meta = harness.pull_meta();
  ASSERT_TRUE(meta.stable);
  EXPECT_EQ(meta.stable->label, "unknown");
  EXPECT_EQ(meta.stable->index, -1);
  EXPECT_NEAR(meta.stable->confidence, 180 / 255., 1e-5);
  push_red(harness, 1);
  push_green(harness, 2);
  EXPECT_EQ(changes(harness.bus()),
            "unknown @0 since 0, label-entered red @40 since 40, label-left red @80 since 40, unknown @80 since 80");
}

TEST(StableLabels, AreAnnouncedOnceWithTheirTimes) {
  ClassifyHarness harness("min-duration=200000000 post-messages=changes");
  harness.set_size(16, 16);
  for (int i = 0; i < 25; ++i) push_red(harness, i);
  EXPECT_EQ(changes(harness.bus()), "label-entered red @200 since 0");
  for (int i = 25; i < 50; ++i) i == 28 ? push_red(harness, i) : push_green(harness, i);
  EXPECT_EQ(changes(harness.bus()), "label-left red @1360 since 0, label-entered green @1360 since 1160");
  gst_harness_push_event(harness.get(), gst_event_new_eos());
  EXPECT_EQ(changes(harness.bus()), "label-left green @1960 since 1160");
}

TEST(StableLabels, CountEachResultOnceHoweverManyFramesCarryIt) {
  ClassifyHarness harness("inference-interval=10 smoothing=400000000 post-messages=changes");
  harness.set_size(16, 16);
  for (int i = 0; i < 20; ++i) i < 10 ? push_red(harness, i) : push_green(harness, i);
  ClassificationMeta meta;
  for (int i = 0; i < 20; ++i) meta = harness.pull_meta();
  EXPECT_FALSE(meta.inferred);
  ASSERT_TRUE(meta.stable);
  EXPECT_NEAR(meta.stable->confidence, (100 + (1 - std::exp(-1.0)) * 80) / 255, 1e-5);
  EXPECT_EQ(changes(harness.bus()),
            "label-entered red @0 since 0, label-left red @400 since 0, label-entered green @400 since 400");
}

void push_segment(GstHarness* harness, guint64 start) {
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.start = start;
  gst_harness_push_event(harness, gst_event_new_segment(&segment));
}

TEST(StableLabels, LeaveWhereTheStreamBeginsAnew) {
  ClassifyHarness harness("smoothing=60000000000 post-messages=changes");
  harness.set_size(16, 16);
  push_segment(harness.get(), 0);
  push_red(harness, 0);
  push_segment(harness.get(), 0);  // the same again: a sender that repeats itself
  push_red(harness, 1);
  EXPECT_EQ(changes(harness.bus()), "label-entered red @0 since 0");
  push_segment(harness.get(), 80 * kMs);
  EXPECT_EQ(changes(harness.bus()), "label-left red @40 since 0");
  push_green(harness, 2);
  EXPECT_EQ(changes(harness.bus()), "label-entered green @0 since 80");
  gst_harness_push_event(harness.get(), gst_event_new_flush_start());
  gst_harness_push_event(harness.get(), gst_event_new_flush_stop(TRUE));
  EXPECT_EQ(changes(harness.bus()), "label-left green @0 since 80");
  push_segment(harness.get(), 80 * kMs);
  push_red(harness, 3);
  EXPECT_EQ(changes(harness.bus()), "label-entered red @40 since 120");
  gst_element_set_state(harness.element(), GST_STATE_READY);
  EXPECT_EQ(changes(harness.bus()), "label-left red @40 since 120");
}

TEST(StableLabels, LeaveWhenNobodyWantsThemAnyMore) {
  ClassifyHarness harness("smoothing=1000000000");
  harness.set_size(16, 16);
  push_red(harness, 0);
  EXPECT_TRUE(harness.pull_meta().stable);
  g_object_set(harness.element(), "smoothing", guint64{0}, nullptr);
  push_red(harness, 1);
  EXPECT_FALSE(harness.pull_meta().stable);
}

}  // namespace
}  // namespace cnn::test
