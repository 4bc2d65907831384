// SPDX-License-Identifier: MIT
#include "plugin/overlay.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/plugin/harness.h"

namespace cnn {
namespace {

const std::vector<std::string> formats = {
    "RGB",  "BGR",  "RGBx", "BGRx", "xRGB", "xBGR", "RGBA",      "BGRA",      "ARGB",      "ABGR",      "GRAY8",      "NV12",
    "NV21", "I420", "YV12", "YUY2", "UYVY", "YVYU", "VYUY",      "NV16",      "NV61",      "NV24",      "Y42B",       "Y444",
    "GBR",  "GRAY16_LE", "P010_10LE", "I420_10LE", "I420_12LE", "I422_10LE", "Y444_10LE"};

ClassificationMeta two_labels() {
  ClassificationMeta meta;
  meta.classes = {{"car", 0.93, 1}, {"street", 0.05, 2}};
  meta.model = "test";
  return meta;
}

/// How far a sample of 8 bits is shifted to be one of the format; -1: the format has bytes.
int deep_shift(const GstVideoInfo& info) {
  const int depth = static_cast<int>(GST_VIDEO_INFO_COMP_DEPTH(&info, 0));
  return depth > 8 ? depth - 8 + static_cast<int>(GST_VIDEO_FORMAT_INFO_SHIFT(info.finfo, 0)) : -1;
}

/// A frame of mid grey: luma 128, neutral chroma, all colour channels 128.
GstBuffer* grey_frame(const GstVideoInfo& info) {
  const gsize size = GST_VIDEO_INFO_SIZE(&info);
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, size, nullptr);
  const int deep = deep_shift(info);
  if (deep < 0) {
    gst_buffer_memset(buffer, 0, 128, size);
  } else {
    const std::vector<uint16_t> samples(size / 2, static_cast<uint16_t>(128 << deep));
    gst_buffer_fill(buffer, 0, samples.data(), size);
  }
  return buffer;
}

GstVideoInfo info_of(const std::string& format, int width, int height) {
  GstVideoInfo info;
  gst_video_info_set_format(&info, gst_video_format_from_string(format.c_str()), static_cast<guint>(width),
                            static_cast<guint>(height));
  return info;
}

class OverlayHarness {
 public:
  explicit OverlayHarness(const std::string& properties = "") {
    test::start_gstreamer();
    harness_ = gst_harness_new_parse(("cnnoverlay " + properties).c_str());
  }
  ~OverlayHarness() { gst_harness_teardown(harness_); }

  void set_caps(const GstVideoInfo& info) { gst_harness_set_src_caps(harness_, gst_video_info_to_caps(&info)); }
  GstFlowReturn push(GstBuffer* frame) { return gst_harness_push(harness_, frame); }
  GstBuffer* through(GstBuffer* frame) { return gst_harness_push_and_pull(harness_, frame); }

  /// The frame after the element, as plain bytes.
  std::vector<uint8_t> bytes_of(const GstVideoInfo& info, const ClassificationMeta* meta) {
    set_caps(info);
    GstBuffer* frame = grey_frame(info);
    if (meta) attach_classification(frame, *meta);
    GstBuffer* out = through(frame);
    ClassificationMeta kept;
    EXPECT_EQ(read_classification(out, kept), meta != nullptr);
    std::vector<uint8_t> bytes(gst_buffer_get_size(out));
    gst_buffer_extract(out, 0, bytes.data(), bytes.size());
    gst_buffer_unref(out);
    return bytes;
  }

 private:
  GstHarness* harness_ = nullptr;
};

int value_at(const GstVideoInfo& info, const uint8_t* sample) {
  const int deep = deep_shift(info);
  return deep < 0 ? *sample : GST_READ_UINT16_LE(sample) >> deep;
}

/// First component (luma, or a colour) at (x, y).
int sample(const GstVideoInfo& info, const std::vector<uint8_t>& bytes, int x, int y) {
  const GstVideoFormatInfo* format = info.finfo;
  const int plane = GST_VIDEO_FORMAT_INFO_PLANE(format, 0);
  const uint8_t* at = bytes.data() + GST_VIDEO_INFO_PLANE_OFFSET(&info, plane) +
                      static_cast<size_t>(y * GST_VIDEO_INFO_PLANE_STRIDE(&info, plane) +
                                          x * GST_VIDEO_FORMAT_INFO_PSTRIDE(format, 0) +
                                          GST_VIDEO_FORMAT_INFO_POFFSET(format, 0));
  return value_at(info, at);
}

struct Range {
  int low = 255, high = 0;
};
Range range_of(const GstVideoInfo& info, const std::vector<uint8_t>& bytes, int x0, int y0, int x1, int y1) {
  Range range;
  for (int y = y0; y < y1; ++y)
    for (int x = x0; x < x1; ++x) {
      const int value = sample(info, bytes, x, y);
      range.low = std::min(range.low, value);
      range.high = std::max(range.high, value);
    }
  return range;
}

TEST(Overlay, DrawsLightTextOnDarkGroundInEveryFormat) {
  const ClassificationMeta meta = two_labels();
  for (const std::string& format : formats) {
    OverlayHarness overlay;
    const GstVideoInfo info = info_of(format, 320, 240);
    const auto bytes = overlay.bytes_of(info, &meta);
    const Range label = range_of(info, bytes, 8, 8, 200, 60);
    EXPECT_LT(label.low, 80) << format;
    EXPECT_GT(label.high, 190) << format;
  }
}

TEST(Overlay, LeavesEveryPixelOutsideItsPanelAlone) {
  const ClassificationMeta meta = two_labels();
  for (const std::string& format : formats) {
    OverlayHarness overlay;
    const GstVideoInfo info = info_of(format, 640, 480);
    const auto bytes = overlay.bytes_of(info, &meta);
    const Range right = range_of(info, bytes, 480, 0, 640, 480), below = range_of(info, bytes, 0, 120, 640, 480);
    EXPECT_EQ(right.low, 128) << format;
    EXPECT_EQ(right.high, 128) << format;
    EXPECT_EQ(below.low, 128) << format;
    EXPECT_EQ(below.high, 128) << format;
  }
}

TEST(Overlay, LeavesFramesWithoutLabelsAlone) {
  OverlayHarness overlay;
  const GstVideoInfo info = info_of("NV12", 320, 240);
  for (uint8_t byte : overlay.bytes_of(info, nullptr)) ASSERT_EQ(byte, 128);
  ClassificationMeta nothing;
  for (uint8_t byte : overlay.bytes_of(info, &nothing)) ASSERT_EQ(byte, 128);
}

TEST(Overlay, StandsInTheCornerThatIsAskedFor) {
  const ClassificationMeta meta = two_labels();
  const GstVideoInfo info = info_of("I420", 640, 480);
  struct Case {
    const char* position;
    int x, y;
  };
  for (const Case& c : {Case{"top-left", 0, 0}, {"top-right", 1, 0}, {"bottom-left", 0, 1}, {"bottom-right", 1, 1}}) {
    OverlayHarness overlay(std::string("scale=0.7 position=") + c.position);
    const auto bytes = overlay.bytes_of(info, &meta);
    for (int x : {0, 1})
      for (int y : {0, 1}) {
        const Range quarter = range_of(info, bytes, 320 * x, 240 * y, 320 * (x + 1), 240 * (y + 1));
        EXPECT_EQ(quarter.high != 128, x == c.x && y == c.y) << c.position << " quarter " << x << ", " << y;
      }
  }
}

TEST(Overlay, TakesFramesOfAnySize) {
  const ClassificationMeta meta = two_labels();
  for (const std::string& format : formats)
    for (auto [width, height] : {std::pair{1, 1}, {3, 5}, {17, 13}, {48, 48}, {321, 239}, {33, 400}}) {
      OverlayHarness overlay;
      const GstVideoInfo info = info_of(format, width, height);
      EXPECT_EQ(overlay.bytes_of(info, &meta).size(), GST_VIDEO_INFO_SIZE(&info)) << format;
    }
}

/// A grey frame whose planes and rows begin at odd addresses, with `filler` around them.
GstBuffer* loose_frame(const GstVideoInfo& info, uint8_t filler) {
  constexpr gsize gap = 37;
  gsize offset[GST_VIDEO_MAX_PLANES] = {}, size = gap;
  gint stride[GST_VIDEO_MAX_PLANES] = {};
  for (guint plane = 0; plane < GST_VIDEO_INFO_N_PLANES(&info); ++plane) {
    offset[plane] = size;
    stride[plane] = GST_VIDEO_INFO_PLANE_STRIDE(&info, plane) + 13;
    size += static_cast<gsize>(stride[plane]) * static_cast<gsize>(GST_VIDEO_INFO_HEIGHT(&info)) + gap;
  }
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, size, nullptr);
  gst_buffer_memset(buffer, 0, filler, size);
  gst_buffer_add_video_meta_full(buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_INFO_FORMAT(&info),
                                 static_cast<guint>(GST_VIDEO_INFO_WIDTH(&info)),
                                 static_cast<guint>(GST_VIDEO_INFO_HEIGHT(&info)), GST_VIDEO_INFO_N_PLANES(&info), offset,
                                 stride);
  GstVideoFrame loose, tight;
  GstBuffer* grey = grey_frame(info);
  gst_video_frame_map(&loose, const_cast<GstVideoInfo*>(&info), buffer, GST_MAP_WRITE);
  gst_video_frame_map(&tight, const_cast<GstVideoInfo*>(&info), grey, GST_MAP_READ);
  gst_video_frame_copy(&loose, &tight);
  gst_video_frame_unmap(&tight);
  gst_video_frame_unmap(&loose);
  gst_buffer_unref(grey);
  return buffer;
}

TEST(Overlay, DrawsTheSameWhereverRowsBegin) {
  const ClassificationMeta meta = two_labels();
  for (const std::string& format : formats) {
    OverlayHarness overlay;
    const GstVideoInfo info = info_of(format, 121, 90);
    const auto wanted = overlay.bytes_of(info, &meta);
    GstBuffer* frame = loose_frame(info, 0xa5);
    attach_classification(frame, meta);
    GstBuffer* out = overlay.through(frame);
    std::vector<uint8_t> ends(37);
    gst_buffer_extract(out, 0, ends.data(), ends.size());
    EXPECT_EQ(ends, std::vector<uint8_t>(37, 0xa5)) << format;
    gst_buffer_extract(out, gst_buffer_get_size(out) - ends.size(), ends.data(), ends.size());
    EXPECT_EQ(ends, std::vector<uint8_t>(37, 0xa5)) << format;
    GstVideoFrame drawn;
    ASSERT_TRUE(gst_video_frame_map(&drawn, const_cast<GstVideoInfo*>(&info), out, GST_MAP_READ));
    int differing = 0;
    for (int y = 0; y < 90; ++y)
      for (int x = 0; x < 120; ++x) {
        const auto* row = static_cast<const uint8_t*>(GST_VIDEO_FRAME_COMP_DATA(&drawn, 0)) +
                          y * GST_VIDEO_FRAME_COMP_STRIDE(&drawn, 0);
        differing += value_at(info, row + x * GST_VIDEO_FRAME_COMP_PSTRIDE(&drawn, 0)) != sample(info, wanted, x, y);
      }
    EXPECT_EQ(differing, 0) << format;
    gst_video_frame_unmap(&drawn);
    gst_buffer_unref(out);
  }
}

TEST(Overlay, RefusesAFrameWhoseMetadataPromiseMoreThanItsMemory) {
  OverlayHarness overlay;
  const GstVideoInfo info = info_of("RGB", 320, 240);
  overlay.set_caps(info);
  GstBuffer* frame = gst_buffer_new_allocate(nullptr, 1000, nullptr);
  gst_buffer_add_video_meta(frame, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_RGB, 320, 240);
  const ClassificationMeta meta = two_labels();
  attach_classification(frame, meta);
  EXPECT_EQ(overlay.push(frame), GST_FLOW_ERROR);
}

TEST(Overlay, FollowsTheLabelsFromFrameToFrame) {
  OverlayHarness overlay;
  const GstVideoInfo info = info_of("RGB", 320, 240);
  ClassificationMeta meta = two_labels();
  const auto first = overlay.bytes_of(info, &meta), again = overlay.bytes_of(info, &meta);
  EXPECT_EQ(first, again);
  meta.classes[0] = {"boat", 0.4, 3};
  EXPECT_NE(overlay.bytes_of(info, &meta), first);
}

std::vector<uint8_t> drawn(const std::vector<LabelledClass>& classes, const std::optional<StableLabel>& stable) {
  OverlayHarness overlay("top-k=2");
  ClassificationMeta meta;
  meta.classes = classes;
  meta.stable = stable;
  return overlay.bytes_of(info_of("RGB", 320, 240), &meta);
}

TEST(Overlay, ShowsTheStableLabelInFrontOfThisFramesOwn) {
  const StableLabel boat{"boat", 3, 0.6, 0};
  EXPECT_EQ(drawn({{"car", 0.9, 1}, {"boat", 0.1, 3}}, boat), drawn({{"boat", 0.6, 3}, {"car", 0.9, 1}}, {}));
  EXPECT_EQ(drawn({{"car", 0.9, 1}, {"bus", 0.1, 2}}, boat), drawn({{"boat", 0.6, 3}, {"car", 0.9, 1}}, {}));
}

TEST(LabelPanel, GreysWhatIsNoAnswer) {
  const PanelStyle style{"Sans", 20, 400, 400, 1};
  const auto brightest = [&](bool greyed) {
    uint32_t most = 0, coloured = 0;
    for (uint32_t pixel : draw_panel({{"unknown", 50, greyed}}, style).pixels) {
      const uint32_t red = (pixel >> 16) & 255, blue = pixel & 255;
      most = std::max(most, blue);
      coloured += red > blue + 60;
    }
    return std::pair{most, coloured};
  };
  EXPECT_GT(brightest(false).first, 240u);
  EXPECT_GT(brightest(false).second, 50u);
  EXPECT_LT(brightest(true).first, 170u);
  EXPECT_EQ(brightest(true).second, 0u);
}

TEST(LabelPanel, BarGrowsWithConfidence) {
  const PanelStyle style{"Sans", 20, 400, 400, 0.5};
  auto greenish = [&](int percent) {
    const Panel panel = draw_panel({{"x", percent}}, style);
    int count = 0;
    for (uint32_t pixel : panel.pixels) count += ((pixel >> 8) & 255) > 150 && (pixel & 255) < 120;
    return count;
  };
  EXPECT_GT(greenish(100), greenish(60));
  EXPECT_GT(greenish(60), 0);
}

TEST(LabelPanel, LeavesOutRowsThatDoNotFit) {
  EXPECT_EQ(draw_panel({{"a", 1}, {"b", 1}, {"c", 1}}, {"Sans", 20, 400, 50, 0.5}).height, 48);  // two rows and padding
  EXPECT_TRUE(draw_panel({{"a", 1}}, {"Sans", 20, 400, 10, 0.5}).pixels.empty());
}

}  // namespace
}  // namespace cnn
