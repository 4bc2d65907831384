// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/plugin/harness.h"

namespace cnn::test {
namespace {

std::map<std::string, double> confidences(const ClassificationMeta& meta) {
  std::map<std::string, double> by_label;
  for (const auto& c : meta.classes) by_label[c.label] = c.confidence;
  return by_label;
}

class ClassifyFormats : public ::testing::TestWithParam<const char*> {};

TEST_P(ClassifyFormats, SeesTheColour) {
  const std::string format = GetParam();
  for (const char* size : {"width=64,height=48", "width=33,height=17", "width=1,height=1", "width=3,height=2"}) {
    // Version 1.22 of videoconvert gets the last chroma of odd rows wrong in these two.
    if ((format == "NV61" || format == "VYUY") && std::string(size) != "width=64,height=48") continue;
    ClassifyHarness harness;
    // Through videoconvert, because videotestsrc forgets the last chroma sample of odd YUY2 and UYVY rows.
    const std::string source =
        "videotestsrc num-buffers=1 pattern=solid-color foreground-color=0xffc86432 ! "
        "capsfilter caps=\"video/x-raw,framerate=25/1,format=RGB," +
        std::string(size) + "\" ! videoconvert ! capsfilter caps=video/x-raw,format=" + format;
    gst_harness_add_src_parse(harness.get(), source.c_str(), FALSE);
    ASSERT_EQ(gst_harness_push_from_src(harness.get()), GST_FLOW_OK) << size << ": " << harness.error();
    auto seen = confidences(harness.pull_meta());
    ASSERT_EQ(seen.size(), 3u) << size;
    if (format == "GRAY8" || format == "GRAY16_LE") {
      EXPECT_DOUBLE_EQ(seen["red"], seen["blue"]) << size;
      EXPECT_NEAR(seen["red"], 0.48, 0.08) << size;
      continue;
    }
    EXPECT_NEAR(seen["red"], 200 / 255., 0.03) << size;
    EXPECT_NEAR(seen["green"], 100 / 255., 0.03) << size;
    EXPECT_NEAR(seen["blue"], 50 / 255., 0.03) << size;
  }
}

INSTANTIATE_TEST_SUITE_P(All, ClassifyFormats,
                         ::testing::Values("RGB", "BGR", "RGBx", "BGRx", "xRGB", "xBGR", "RGBA", "BGRA", "ARGB", "ABGR",
                                           "GRAY8", "NV12", "NV21", "I420", "YV12", "YUY2", "UYVY", "YVYU", "VYUY",
                                           "NV16", "NV61", "NV24", "Y42B", "Y444", "GBR", "GRAY16_LE", "P010_10LE",
                                           "I420_10LE", "I420_12LE", "I422_10LE", "Y444_10LE"),
                         [](const auto& format) { return std::string(format.param); });

TEST(Classify, AttachesClassesMostConfidentFirst) {
  ClassifyHarness harness("features=pooled");
  harness.set_size(16, 16);
  gst_harness_push(harness.get(), solid_frame(16, 16, 3, 51, 255, 102));
  const ClassificationMeta meta = harness.pull_meta();
  ASSERT_EQ(meta.classes.size(), 3u);
  EXPECT_EQ(meta.classes[0].label, "green");
  EXPECT_EQ(meta.classes[0].index, 1);
  EXPECT_NEAR(meta.classes[0].confidence, 1.0, 1e-5);
  EXPECT_EQ(meta.classes[1].label, "blue");
  EXPECT_EQ(meta.classes[1].index, 2);
  EXPECT_NEAR(meta.classes[1].confidence, 0.4, 1e-5);
  EXPECT_EQ(meta.classes[2].label, "red");
  EXPECT_NEAR(meta.classes[2].confidence, 0.2, 1e-5);
  EXPECT_THAT(meta.features, ::testing::ElementsAre(::testing::FloatNear(0.2f, 1e-5f), ::testing::FloatNear(1, 1e-5f),
                                                    ::testing::FloatNear(0.4f, 1e-5f)));
  EXPECT_EQ(meta.model, "mean-colour");
  EXPECT_TRUE(meta.inferred);
  EXPECT_EQ(meta.age_ns, 0u);
  EXPECT_GT(meta.inference_time_ns, 0u);
}

TEST(Classify, NormalisesFeatures) {
  ClassifyHarness harness("features=auto normalise-features=true");
  harness.set_size(16, 16);
  gst_harness_push(harness.get(), solid_frame(16, 16, 0, 60, 0, 80));
  EXPECT_THAT(harness.pull_meta().features,
              ::testing::ElementsAre(::testing::FloatNear(0.6f, 1e-5f), ::testing::FloatNear(0, 1e-5f),
                                     ::testing::FloatNear(0.8f, 1e-5f)));
}

TEST(Classify, KeepsPixelsAndTimesOfASharedFrame) {
  ClassifyHarness harness;
  harness.set_size(16, 16);
  GstBuffer* frame = solid_frame(16, 16, 7, 70);
  const Owned<GstBuffer> ours(gst_buffer_ref(frame));
  gst_harness_push(harness.get(), frame);
  const auto left = harness.pull();
  ASSERT_TRUE(left);
  EXPECT_NE(left.get(), ours.get());
  EXPECT_EQ(gst_buffer_peek_memory(left.get(), 0), gst_buffer_peek_memory(ours.get(), 0));
  EXPECT_EQ(GST_BUFFER_PTS(left.get()), 280 * GST_MSECOND);
  EXPECT_EQ(GST_BUFFER_DURATION(left.get()), 40 * GST_MSECOND);
  ClassificationMeta meta;
  EXPECT_FALSE(read_classification(ours.get(), meta));
}

TEST(Classify, HonoursStridesAndOffsetsOfTheVideoMeta) {
  ClassifyHarness harness;
  constexpr int kWidth = 6, kHeight = 4, kOffset = 40;
  gsize offsets[GST_VIDEO_MAX_PLANES] = {kOffset};
  gint strides[GST_VIDEO_MAX_PLANES] = {64};
  GstBuffer* frame = gst_buffer_new_allocate(nullptr, kOffset + 64 * kHeight, nullptr);
  gst_buffer_memset(frame, 0, 255, gst_buffer_get_size(frame));
  for (int y = 0; y < kHeight; ++y) gst_buffer_memset(frame, kOffset + 64 * static_cast<gsize>(y), 51, kWidth * 3);
  gst_buffer_add_video_meta_full(frame, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_RGB, kWidth, kHeight, 1, offsets,
                                 strides);
  harness.set_size(kWidth, kHeight);
  gst_harness_push(harness.get(), frame);
  for (const auto& c : harness.pull_meta().classes) EXPECT_NEAR(c.confidence, 0.2, 1e-5) << c.label;
}

TEST(Classify, PassesFramesWithoutTimes) {
  ClassifyHarness harness("batch-size=2 inference-interval=2");
  harness.set_size(16, 16);
  for (int i = 0; i < 4; ++i) {
    GstBuffer* frame = solid_frame(16, 16, i, 10 * i);
    GST_BUFFER_PTS(frame) = GST_BUFFER_DURATION(frame) = GST_CLOCK_TIME_NONE;
    ASSERT_EQ(gst_harness_push(harness.get(), frame), GST_FLOW_OK);
  }
  for (int i = 0; i < 4; ++i) EXPECT_EQ(harness.pull_meta().age_ns, 0u) << i;
}

}  // namespace
}  // namespace cnn::test
