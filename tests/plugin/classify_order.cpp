// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "tests/plugin/harness.h"
#include "tests/plugin/stream.h"

namespace cnn::test {
namespace {

double red_of(const ClassificationMeta& meta) {
  for (const auto& c : meta.classes)
    if (c.label == "red") return c.confidence;
  return -1;
}

void expect_own_result(ClassifyHarness& harness, int index) {
  const auto frame = harness.pull();
  ASSERT_TRUE(frame) << index;
  EXPECT_EQ(GST_BUFFER_OFFSET(frame.get()), static_cast<guint64>(index));
  ClassificationMeta meta;
  ASSERT_TRUE(read_classification(frame.get(), meta)) << index;
  EXPECT_NEAR(red_of(meta), 10 * index / 255., 1e-5) << index;
}

GstEvent* custom_event(const char* name) {
  return gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM, gst_structure_new_empty(name));
}

class BatchesOf4 : public ::testing::Test {
 protected:
  void SetUp() override {
    harness.set_size(16, 16);
    harness.journal();
  }
  StandingWorld world;
  ClassifyHarness harness{"batch-size=4"};
};

class ClassifyOrder : public ::testing::Test {
 protected:
  StandingWorld world;
};

/// By a clock that stands still: a batch that is not full leaves after a while, too.
TEST(Batches, LeaveWhenFull) {
  StubWorld world{true};
  Stream stream("batch-size=4");
  const auto results = [&] {
    std::vector<int> frames;
    for (const Left& left : stream.left())
      if (left.index >= 0) frames.push_back(left.result);
    return frames;
  };
  for (int i = 0; i < 3; ++i) stream.push(i);
  EXPECT_EQ(results(), std::vector<int>{});
  stream.push(3);
  EXPECT_EQ(results(), (std::vector<int>{0, 1, 2, 3}));
}

TEST_F(BatchesOf4, LeavePartlyFilledBeforeEos) {
  for (int i = 0; i < 6; ++i) harness.push(i);
  gst_harness_push_event(harness.get(), gst_event_new_eos());
  EXPECT_EQ(harness.journal(), "0 1 2 3 4 5 eos");
  for (int i = 0; i < 6; ++i) expect_own_result(harness, i);
}

TEST_F(BatchesOf4, KeepSerializedEventsInTheirPlace) {
  harness.push(0);
  gst_harness_push_event(harness.get(), gst_event_new_gap(40 * GST_MSECOND, 40 * GST_MSECOND));
  harness.push(2);
  harness.push(3);
  gst_harness_push_event(harness.get(), gst_event_new_tag(gst_tag_list_new(GST_TAG_TITLE, "title", nullptr)));
  harness.push(4);
  gst_harness_push_event(harness.get(), custom_event("mark"));
  harness.push(5);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(harness.get(), gst_event_new_segment(&segment));
  harness.push(6);
  gst_harness_push_event(harness.get(), gst_event_new_eos());
  EXPECT_EQ(harness.journal(), "0 gap 2 3 tag 4 custom-downstream 5 segment 6 eos");
}

TEST_F(BatchesOf4, LetOutOfBandEventsPass) {
  harness.push(0);
  gst_harness_push_event(harness.get(),
                         gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM_OOB, gst_structure_new_empty("now")));
  EXPECT_EQ(harness.journal(), "custom-downstream-oob");
}

TEST_F(BatchesOf4, KeepTheirSizeWhenCapsChange) {
  harness.push(0);
  harness.push(1);
  harness.set_size(5, 7);
  harness.push(2, 5, 7);
  harness.push(3, 5, 7);
  gst_harness_push_event(harness.get(), gst_event_new_eos());
  EXPECT_EQ(harness.journal(), "0 1 caps segment 2 3 eos");
  for (int i = 0; i < 4; ++i) expect_own_result(harness, i);
}

TEST_F(BatchesOf4, AreDroppedByAFlush) {
  harness.push(0);
  harness.push(1);
  gst_harness_push_event(harness.get(), gst_event_new_flush_start());
  gst_harness_push_event(harness.get(), gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(harness.get(), gst_event_new_segment(&segment));
  harness.push(2);
  gst_harness_push_event(harness.get(), gst_event_new_eos());
  EXPECT_EQ(harness.journal(), "flush-start flush-stop segment 2 eos");
  expect_own_result(harness, 2);
}

TEST_F(BatchesOf4, LeaveBeforeADrainQueryIsAnswered) {
  harness.push(0);
  GstQuery* query = gst_query_new_drain();
  gst_pad_peer_query(harness.get()->srcpad, query);
  gst_query_unref(query);
  EXPECT_EQ(harness.journal(), "0");
}

TEST_F(BatchesOf4, AreDroppedWhenTheElementStops) {
  harness.push(0);
  harness.push(1);
  gst_element_set_state(harness.element(), GST_STATE_NULL);
  EXPECT_EQ(harness.journal(), "");
  EXPECT_EQ(harness.error(), "");
}

TEST_F(BatchesOf4, StopWithDownstream) {
  gst_pad_set_active(harness.get()->sinkpad, FALSE);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(harness.push(i), GST_FLOW_OK);
  EXPECT_EQ(harness.push(3), GST_FLOW_FLUSHING);
}

TEST_F(ClassifyOrder, PassesEosWithoutFrames) {
  ClassifyHarness harness("batch-size=4");
  harness.set_size(16, 16);
  harness.journal();
  gst_harness_push_event(harness.get(), gst_event_new_eos());
  EXPECT_EQ(harness.journal(), "eos");
  EXPECT_EQ(harness.error(), "");
}

TEST_F(ClassifyOrder, LetsSingleFramesLeaveAtOnce) {
  ClassifyHarness harness;
  harness.set_size(16, 16);
  harness.journal();
  harness.push(0);
  EXPECT_EQ(harness.journal(), "0");
  harness.push(1);
  EXPECT_EQ(harness.journal(), "1");
}

TEST_F(ClassifyOrder, HoldsNoMoreThanABatchWhateverTheInterval) {
  ClassifyHarness harness("batch-size=4 inference-interval=3");
  harness.set_size(16, 16);
  harness.journal();
  for (int i = 0; i < 4; ++i) harness.push(i);
  EXPECT_EQ(harness.journal(), "0 1 2 3");
}

}  // namespace
}  // namespace cnn::test
