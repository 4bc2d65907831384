// SPDX-License-Identifier: MIT
#include "plugin/metadata.h"

#include <gtest/gtest.h>

#include "tests/plugin/harness.h"

namespace cnn::test {
namespace {

ClassificationMeta example() {
  ClassificationMeta meta;
  meta.classes = {{"Golden retriever", 0.75, 207}, {"größe \"x\"", 0.125, 3}};
  meta.features = {1.5f, -2.25f, 3e-30f};
  meta.model = "net";
  meta.inference_time_ns = 1234567;
  meta.age_ns = 40000000;
  meta.inferred = false;
  return meta;
}

void expect_example(const ClassificationMeta& meta) {
  ASSERT_EQ(meta.classes.size(), 2u);
  EXPECT_EQ(meta.classes[0].label, "Golden retriever");
  EXPECT_EQ(meta.classes[0].confidence, 0.75);
  EXPECT_EQ(meta.classes[0].index, 207);
  EXPECT_EQ(meta.classes[1].label, "größe \"x\"");
  EXPECT_EQ(meta.features, (std::vector<float>{1.5f, -2.25f, 3e-30f}));
  EXPECT_EQ(meta.model, "net");
  EXPECT_EQ(meta.inference_time_ns, 1234567u);
  EXPECT_EQ(meta.age_ns, 40000000u);
  EXPECT_FALSE(meta.inferred);
}

class Metadata : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { start_gstreamer(); }
};

TEST_F(Metadata, IsAbsentFromAFrameWithoutIt) {
  const Owned<GstBuffer> buffer(gst_buffer_new());
  ClassificationMeta meta;
  meta.model = "untouched";
  EXPECT_FALSE(read_classification(buffer.get(), meta));
  EXPECT_EQ(meta.model, "untouched");
}

TEST_F(Metadata, ReadsBackWhatWasAttached) {
  const Owned<GstBuffer> buffer(gst_buffer_new());
  attach_classification(buffer.get(), example());
  ClassificationMeta meta;
  ASSERT_TRUE(read_classification(buffer.get(), meta));
  expect_example(meta);
}

TEST_F(Metadata, HasNoFeaturesFieldWithoutFeatures) {
  const Owned<GstBuffer> buffer(gst_buffer_new());
  ClassificationMeta none = example();
  none.features.clear();
  attach_classification(buffer.get(), none);
  GstCustomMeta* custom = gst_buffer_get_custom_meta(buffer.get(), kClassificationMeta);
  EXPECT_FALSE(gst_structure_has_field(gst_custom_meta_get_structure(custom), "features"));
  ClassificationMeta meta;
  ASSERT_TRUE(read_classification(buffer.get(), meta));
  EXPECT_TRUE(meta.features.empty());
}

TEST_F(Metadata, ReadsBackAStableLabelWhereThereIsOne) {
  const Owned<GstBuffer> without(gst_buffer_new()), with(gst_buffer_new());
  ClassificationMeta meta = example();
  attach_classification(without.get(), meta);
  meta.stable = {"unknown", -1, 0.375, 5 * GST_SECOND};
  attach_classification(with.get(), meta);
  ASSERT_TRUE(read_classification(with.get(), meta));
  ASSERT_TRUE(meta.stable);
  EXPECT_EQ(meta.stable->label, "unknown");
  EXPECT_EQ(meta.stable->index, -1);
  EXPECT_EQ(meta.stable->confidence, 0.375);
  EXPECT_EQ(meta.stable->since, 5 * GST_SECOND);
  ASSERT_TRUE(read_classification(without.get(), meta));
  EXPECT_FALSE(meta.stable);
}

TEST_F(Metadata, SurvivesACopy) {
  const Owned<GstBuffer> buffer(gst_buffer_new());
  attach_classification(buffer.get(), example());
  const Owned<GstBuffer> copy(gst_buffer_copy_deep(buffer.get()));
  ClassificationMeta meta;
  ASSERT_TRUE(read_classification(copy.get(), meta));
  expect_example(meta);
}

TEST_F(Metadata, OfForeignHandsIsReadWithoutTrust) {
  const Owned<GstBuffer> buffer(gst_buffer_new());
  attach_classification(buffer.get(), example());
  GstStructure* structure =
      gst_custom_meta_get_structure(gst_buffer_get_custom_meta(buffer.get(), kClassificationMeta));
  gst_structure_set(structure, "labels", G_TYPE_INT, 3, "features", G_TYPE_STRING, "x", "model", G_TYPE_INT, 1,
                    nullptr);
  ClassificationMeta meta;
  ASSERT_TRUE(read_classification(buffer.get(), meta));
  EXPECT_TRUE(meta.classes.empty());
  EXPECT_TRUE(meta.features.empty());
  EXPECT_EQ(meta.model, "");
}

class Survival : public ::testing::TestWithParam<const char*> {};

TEST_P(Survival, OfMetadata) {
  ClassifyHarness classify("features=auto");
  classify.set_size(16, 16);
  classify.push(12);
  auto frame = classify.pull();
  ASSERT_TRUE(frame);
  GstHarness* harness = gst_harness_new_parse(GetParam());
  gst_harness_set_src_caps_str(harness, "video/x-raw,format=RGB,width=16,height=16,framerate=25/1");
  gst_harness_push(harness, frame.release());
  const Owned<GstBuffer> left(gst_harness_pull(harness));
  ClassificationMeta meta;
  ASSERT_TRUE(left && read_classification(left.get(), meta)) << GetParam();
  EXPECT_NEAR(meta.classes.at(0).confidence, 120 / 255., 1e-5);
  EXPECT_EQ(meta.features.size(), 3u);
  gst_harness_teardown(harness);
}

INSTANTIATE_TEST_SUITE_P(Of, Survival,
                         ::testing::Values("videoconvert ! capsfilter caps=video/x-raw,format=I420",
                                           "videoscale ! capsfilter caps=video/x-raw,width=7", "queue", "tee ! queue",
                                           "videoflip method=clockwise", "identity",
                                           "capssetter caps=video/x-raw,pixel-aspect-ratio=2/1",
                                           "videobalance brightness=0.2"));

}  // namespace
}  // namespace cnn::test
