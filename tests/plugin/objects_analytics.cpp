// SPDX-License-Identifier: MIT
// Objects that came as GstAnalyticsODMtd. Built where gstreamer-analytics-1.0 is.
#include <gst/analytics/analytics.h>
#include <gtest/gtest.h>

#include "plugin/objects.h"
#include "tests/plugin/detector.h"
#include "tests/plugin/harness.h"

namespace cnn::test {
namespace {

/// Adds an object; returns its id in the relation meta. With `track` above 0 a tracker has seen it.
guint add_od(GstBuffer* frame, const char* type, const Box& box, guint64 track = 0) {
  GstAnalyticsRelationMeta* relations = gst_buffer_add_analytics_relation_meta(frame);
  GstAnalyticsODMtd od;
  gst_analytics_relation_meta_add_od_mtd(relations, g_quark_from_string(type), box.x, box.y, box.width, box.height,
                                         0.9f, &od);
  if (track > 0) {
    GstAnalyticsTrackingMtd tracking;
    gst_analytics_relation_meta_add_tracking_mtd(relations, track, 0, &tracking);
    gst_analytics_relation_meta_set_relation(relations, GST_ANALYTICS_REL_TYPE_RELATE_TO, od.id, tracking.id);
  }
  return od.id;
}

class ObjectsOfAnalytics : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { start_gstreamer(); }
};

TEST_F(ObjectsOfAnalytics, AreFoundWithLabelRectangleAndTrackingId) {
  const Owned<GstBuffer> frame(gst_buffer_new());
  const guint first = add_od(frame.get(), "car", {-2, 3, 40, 50}, 77);
  const guint second = add_od(frame.get(), "person", {1, 2, 3, 4});
  const auto objects = detected_objects(frame.get());
  ASSERT_EQ(objects.size(), 2u);
  EXPECT_EQ(objects[0].type, "car");
  EXPECT_EQ(objects[0].box, (Box{-2, 3, 40, 50}));
  EXPECT_EQ(objects[0].id, 77);
  EXPECT_EQ(objects[0].od, first);
  EXPECT_FALSE(objects[0].roi);
  EXPECT_EQ(objects[1].type, "person");
  EXPECT_FALSE(objects[1].id);
  EXPECT_EQ(objects[1].od, second);
}

TEST_F(ObjectsOfAnalytics, InBothDialectsAreOne) {
  const Owned<GstBuffer> frame(detected(gst_buffer_new(), {{"car", 1, 2, 30, 40, 5}, {"car", 9, 9, 9, 9, 6}}));
  const guint od = add_od(frame.get(), "car", {1, 2, 30, 40}, 77);
  add_od(frame.get(), "truck", {9, 9, 9, 9});
  const auto objects = detected_objects(frame.get());
  ASSERT_EQ(objects.size(), 3u);
  EXPECT_EQ(objects[0].roi, 0u);
  EXPECT_EQ(objects[0].od, od);
  EXPECT_EQ(objects[0].id, 77);
  EXPECT_TRUE(objects[0].tracked);
  EXPECT_FALSE(objects[1].tracked);
  EXPECT_FALSE(objects[1].od);
  EXPECT_FALSE(objects[2].roi);
}

TEST_F(ObjectsOfAnalytics, HaveTheClassesRelated) {
  ClassifyHarness harness("regions=objects object-class=car");
  harness.set_size(32, 16);
  GstBuffer* frame = solid_frame(32, 16, 1, 200, 100, 50);
  const guint person = add_od(frame, "person", {0, 0, 8, 8});
  const guint car = add_od(frame, "car", {4, 4, 20, 30}, 3);
  gst_harness_push(harness.get(), frame);
  const auto left = harness.pull();
  ASSERT_TRUE(left);
  GstAnalyticsRelationMeta* relations = gst_buffer_get_analytics_relation_meta(left.get());
  ASSERT_TRUE(relations);

  gpointer state = nullptr;
  GstAnalyticsClsMtd classes;
  const auto cls = gst_analytics_cls_mtd_get_mtd_type();
  ASSERT_TRUE(gst_analytics_relation_meta_get_direct_related(relations, car, GST_ANALYTICS_REL_TYPE_RELATE_TO, cls,
                                                             &state, &classes));
  EXPECT_EQ(gst_analytics_cls_mtd_get_length(&classes), 3u);
  EXPECT_STREQ(g_quark_to_string(gst_analytics_cls_mtd_get_quark(&classes, 0)), "red");
  EXPECT_NEAR(gst_analytics_cls_mtd_get_level(&classes, 0), 200 / 255., 1e-3);
  state = nullptr;
  EXPECT_TRUE(gst_analytics_relation_meta_get_direct_related(relations, car, GST_ANALYTICS_REL_TYPE_CONTAIN, cls,
                                                             &state, &classes));
  state = nullptr;
  GstAnalyticsODMtd owner;
  EXPECT_TRUE(gst_analytics_relation_meta_get_direct_related(relations, classes.id, GST_ANALYTICS_REL_TYPE_IS_PART_OF,
                                                             gst_analytics_od_mtd_get_mtd_type(), &state, &owner));
  EXPECT_EQ(owner.id, car);
  state = nullptr;
  EXPECT_FALSE(gst_analytics_relation_meta_get_direct_related(relations, person, GST_ANALYTICS_REL_TYPE_ANY, cls,
                                                              &state, &classes));
  ClassificationMeta meta;
  ASSERT_TRUE(read_classification(left.get(), meta));
  EXPECT_EQ(told(meta), "car:red");
  EXPECT_EQ(meta.objects[0].id, 3);
}

TEST_F(ObjectsOfAnalytics, AreInferredAgainAfterTheIntervalOfTheirTrack) {
  ClassifyHarness harness("regions=objects reclassify-interval=2");
  harness.set_size(32, 16);
  std::string inferred;
  for (int i = 0; i < 4; ++i) {
    GstBuffer* frame = solid_frame(32, 16, i, 200);
    add_od(frame, "car", {i, 4, 8, 8}, 3);
    gst_harness_push(harness.get(), frame);
    const ClassificationMeta meta = harness.pull_meta();
    ASSERT_EQ(meta.objects.size(), 1u);
    inferred += meta.objects[0].inferred ? 'x' : '.';
  }
  EXPECT_EQ(inferred, "x.x.");
}

}  // namespace
}  // namespace cnn::test
