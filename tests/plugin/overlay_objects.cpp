// SPDX-License-Identifier: MIT
// Boxes and tags of objects that cnnoverlay draws.
#include <gtest/gtest.h>

#include "tests/plugin/harness.h"

namespace cnn::test {
namespace {

constexpr int kWidth = 320, kHeight = 240;

/// One object of `box` in a frame of the default size.
ClassificationMeta with_object(const Box& box, bool classified = true) {
  ClassificationMeta meta;
  meta.frame_width = kWidth;
  meta.frame_height = kHeight;
  meta.objects.resize(1);
  meta.objects[0].box = box;
  if (classified) meta.objects[0].classes = {{"bus", 0.9, 1}};
  return meta;
}

/// A grey GRAY8, NV12, ... frame drawn on: which first components changed.
class Drawn {
 public:
  Drawn(const char* format, int width, int height, const ClassificationMeta& meta) {
    start_gstreamer();
    gst_video_info_set_format(&info_, gst_video_format_from_string(format), static_cast<guint>(width),
                              static_cast<guint>(height));
    GstHarness* harness = gst_harness_new_parse("cnnoverlay");
    gst_harness_set_src_caps(harness, gst_video_info_to_caps(&info_));
    GstBuffer* frame = gst_buffer_new_allocate(nullptr, GST_VIDEO_INFO_SIZE(&info_), nullptr);
    gst_buffer_memset(frame, 0, 128, GST_VIDEO_INFO_SIZE(&info_));
    attach_classification(frame, meta);
    const Owned<GstBuffer> out(gst_harness_push_and_pull(harness, frame));
    bytes_.resize(gst_buffer_get_size(out.get()));
    gst_buffer_extract(out.get(), 0, bytes_.data(), bytes_.size());
    gst_harness_teardown(harness);
  }
  bool at(int x, int y) const {
    const GstVideoFormatInfo* format = info_.finfo;
    const auto offset =
        GST_VIDEO_INFO_COMP_OFFSET(&info_, 0) +
        static_cast<gsize>(y * GST_VIDEO_INFO_COMP_STRIDE(&info_, 0) + x * GST_VIDEO_FORMAT_INFO_PSTRIDE(format, 0));
    return bytes_.at(offset) != 128;
  }
  const std::vector<uint8_t>& bytes() const { return bytes_; }
  int in(const Box& box) const {
    int count = 0;
    for (int y = box.y; y < box.y + box.height; ++y)
      for (int x = box.x; x < box.x + box.width; ++x) count += at(x, y);
    return count;
  }

 private:
  GstVideoInfo info_;
  std::vector<uint8_t> bytes_;
};

TEST(OverlayObjects, ShowTheirStableLabelInsteadOfTheRawOne) {
  ClassificationMeta raw = with_object({100, 100, 120, 80}), steadied = raw, stable_alone = raw;
  steadied.objects[0].stable = StableLabel{"truck", 2, 0.7, 0};
  stable_alone.objects[0].classes = {{"truck", 0.7, 2}};
  const auto bytes = [](const ClassificationMeta& meta) { return Drawn("I420", kWidth, kHeight, meta).bytes(); };
  EXPECT_EQ(bytes(steadied), bytes(stable_alone));
  EXPECT_NE(bytes(steadied), bytes(raw));
}

class OverlayObjects : public ::testing::TestWithParam<const char*> {};

TEST_P(OverlayObjects, HaveABoxAndATagAboveAndNothingElseChanges) {
  const Drawn drawn(GetParam(), kWidth, kHeight, with_object({100, 100, 120, 80}));
  for (int x : {100, 150, 218}) EXPECT_TRUE(drawn.at(x, 100) && drawn.at(x, 178)) << x;
  for (int y : {100, 140, 178}) EXPECT_TRUE(drawn.at(100, y) && drawn.at(218, y)) << y;
  EXPECT_EQ(drawn.in({104, 104, 112, 72}), 0);
  EXPECT_GT(drawn.in({100, 80, 80, 20}), 300);
  EXPECT_EQ(drawn.in({0, 0, 96, kHeight}), 0);
  EXPECT_EQ(drawn.in({224, 0, 96, kHeight}), 0);
  EXPECT_EQ(drawn.in({0, 0, kWidth, 72}), 0);
  EXPECT_EQ(drawn.in({0, 182, kWidth, 58}), 0);
}

INSTANTIATE_TEST_SUITE_P(Formats, OverlayObjects,
                         ::testing::Values("RGB", "BGRA", "GRAY8", "NV12", "I420", "YUY2", "UYVY"),
                         [](const auto& format) { return std::string(format.param); });

TEST(OverlayObjects, WithoutAClassHaveABoxOnly) {
  const Drawn drawn("I420", kWidth, kHeight, with_object({100, 100, 120, 80}, false));
  EXPECT_TRUE(drawn.at(150, 100));
  EXPECT_EQ(drawn.in({0, 0, kWidth, 100}), 0);
}

TEST(OverlayObjects, FollowAFrameThatWasScaled) {
  const Drawn drawn("I420", kWidth / 2, kHeight / 2, with_object({100, 100, 120, 80}, false));
  EXPECT_TRUE(drawn.at(50, 70) && drawn.at(108, 70));
  EXPECT_EQ(drawn.in({112, 0, 48, kHeight / 2}), 0);
}

TEST(OverlayObjects, OfAnyRectangleStayInsideTheFrame) {
  for (const char* format : {"RGB", "NV12", "YUY2", "GRAY8"})
    for (const Box& box : {Box{-50, -50, 90, 90},
                           {300, 200, 90, 90},
                           {0, 0, kWidth, kHeight},
                           {319, 239, 1, 1},
                           {5, 5, 0, 3},
                           {7, 9, 3, 2},
                           {G_MININT, 0, G_MAXINT, G_MAXINT},
                           {0, 0, G_MAXINT, G_MAXINT}})
      for (auto [width, height] : {std::pair{kWidth, kHeight}, {1, 1}, {17, 13}, {3, 200}})
        EXPECT_FALSE(Drawn(format, width, height, with_object(box)).in({0, 0, width, height}) < 0) << format;
}

}  // namespace
}  // namespace cnn::test
