// SPDX-License-Identifier: MIT
// Stable labels of objects, each by its tracking id.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/plugin/detector.h"
#include "tests/plugin/harness.h"

namespace cnn::test {
namespace {

constexpr int kSide = 16;

/// A frame of one colour, in which a tracker sees `ids`; id 0: an object without one.
GstBuffer* frame_of(bool red, int index, const std::vector<int>& ids) {
  std::vector<Found> found;
  for (int id : ids) found.push_back({"car", 0, 0, kSide, kSide, id, id > 0});
  return detected(red ? solid_frame(kSide, kSide, index, 200, 100) : solid_frame(kSide, kSide, index, 50, 180), found);
}

/// cnnclassify that sees objects in solid frames.
class Scene {
 public:
  explicit Scene(const std::string& properties) : harness_("regions=objects " + properties) {
    harness_.set_size(kSide, kSide);
  }
  /// What the next frame tells of its objects.
  std::vector<ClassifiedObject> see(bool red, const std::vector<int>& ids) {
    gst_harness_push(harness_.get(), frame_of(red, frames_++, ids));
    return harness_.pull_meta().objects;
  }
  /// "label-entered red 7" for each message with that id since the last call.
  std::string changes() {
    std::string text;
    while (const Owned<GstMessage> message{gst_bus_pop_filtered(harness_.bus(), GST_MESSAGE_ELEMENT)}) {
      const GstStructure* fields = gst_message_get_structure(message.get());
      const char* label = gst_structure_get_string(fields, "label");
      gint64 id = 0;
      text += (text.empty() ? "" : ", ") + std::string(gst_structure_get_string(fields, "event"));
      if (label) text.append(" ").append(label);
      if (gst_structure_get_int64(fields, "object-id", &id)) text.append(" ").append(std::to_string(id));
    }
    return text;
  }
  ClassifyHarness& harness() { return harness_; }

 private:
  ClassifyHarness harness_;
  int frames_ = 0;
};

std::string stable(const ClassifiedObject& object) { return object.stable ? object.stable->label : "-"; }

TEST(StableObjects, DoNotFlickerEachByItsId) {
  Scene scene("smoothing=1000000000 hysteresis=0.1");
  EXPECT_EQ(stable(scene.see(true, {1}).at(0)), "red");
  const auto both = scene.see(false, {1, 2});
  EXPECT_EQ(both.at(0).classes.at(0).label, "green");
  EXPECT_EQ(stable(both.at(0)), "red");
  EXPECT_EQ(stable(both.at(1)), "green");
}

TEST(StableObjects, AreThoseWithATrackingId) {
  Scene scene("smoothing=1000000000");
  const auto objects = scene.see(true, {0, 1});
  EXPECT_EQ(stable(objects.at(0)), "-");
  EXPECT_EQ(stable(objects.at(1)), "red");
}

TEST(StableObjects, AreAbsentUnlessAskedFor) {
  Scene scene("");
  EXPECT_EQ(stable(scene.see(true, {1}).at(0)), "-");
}

TEST(StableObjects, TellConfidenceAndSinceWhen) {
  Scene scene("smoothing=40000000");
  scene.see(true, {1});
  const auto object = scene.see(false, {1}).at(0);
  ASSERT_TRUE(object.stable);
  EXPECT_NEAR(object.stable->confidence, (100 + (1 - std::exp(-1.0)) * 80) / 255, 1e-5);
  EXPECT_EQ(object.stable->index, 1);
  EXPECT_EQ(object.stable->since, 40u * GST_MSECOND);
}

TEST(StableObjects, KeepTheirLabelWhileTheirResultIsCarried) {
  Scene scene("unknown-threshold=0.75 reclassify-interval=3");
  scene.see(true, {1});
  const auto carried = scene.see(false, {1}).at(0);
  EXPECT_FALSE(carried.inferred);
  EXPECT_EQ(stable(carried), "red");
  scene.see(false, {1});
  EXPECT_EQ(stable(scene.see(false, {1}).at(0)), "unknown");
}

TEST(StableObjects, WithoutTimeStampsCountTheFramesSinceTheirResultBefore) {
  Scene scene("smoothing=120000000 reclassify-interval=3");
  for (int i = 0; i < 4; ++i) {
    GstBuffer* frame = frame_of(i < 2, i, {1});
    GST_BUFFER_PTS(frame) = GST_CLOCK_TIME_NONE;
    GST_BUFFER_DURATION(frame) = 40 * GST_MSECOND;
    gst_harness_push(scene.harness().get(), frame);
  }
  ClassificationMeta meta;
  for (int i = 0; i < 4; ++i) meta = scene.harness().pull_meta();
  ASSERT_TRUE(meta.objects.at(0).stable);
  EXPECT_NEAR(meta.objects[0].stable->confidence, (100 + (1 - std::exp(-1.0)) * 80) / 255, 1e-5);
}

TEST(StableObjects, AreAnnouncedWithTheirId) {
  Scene scene("post-messages=changes");
  scene.see(true, {7, 9});
  EXPECT_EQ(scene.changes(), "label-entered red 7, label-entered red 9");
  for (int i = 0; i < 60; ++i) scene.see(true, {9});
  EXPECT_EQ(scene.changes(), "label-left red 7");
  gst_harness_push_event(scene.harness().get(), gst_event_new_eos());
  EXPECT_EQ(scene.changes(), "label-left red 9");
}

TEST(StableObjects, ComeBeforeTheWholeFrameWhereBothAreAskedFor) {
  Scene scene("regions=both post-messages=changes");
  scene.see(true, {7});
  EXPECT_EQ(scene.changes(), "label-entered red 7, label-entered red");
}

TEST(StableObjects, ThatTheStabiliserForgotAreInferredAgainWhateverTheirInterval) {
  Scene scene("smoothing=1000000000 reclassify-interval=0");
  scene.see(true, {7});
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.base = GST_SECOND;
  gst_harness_push_event(scene.harness().get(), gst_event_new_segment(&segment));
  EXPECT_EQ(stable(scene.see(true, {7}).at(0)), "-");
  const auto again = scene.see(true, {7}).at(0);
  EXPECT_TRUE(again.inferred);
  EXPECT_EQ(stable(again), "red");
  EXPECT_FALSE(scene.see(true, {7}).at(0).inferred);
}

TEST(StableObjects, HaveTheirLabelOnTheRectangleToo) {
  Scene scene("smoothing=1000000000 threshold=0.9");
  gst_harness_push(scene.harness().get(), frame_of(true, 0, {3}));
  const Owned<GstBuffer> frame(gst_harness_pull(scene.harness().get()));
  GstVideoRegionOfInterestMeta* region = gst_buffer_get_video_region_of_interest_meta_id(frame.get(), 3);
  ASSERT_TRUE(region);
  const GstStructure* classes = gst_video_region_of_interest_meta_get_param(region, "classification");
  ASSERT_TRUE(classes);
  EXPECT_STREQ(gst_structure_get_string(classes, "stable-label"), "red");
}

}  // namespace
}  // namespace cnn::test
