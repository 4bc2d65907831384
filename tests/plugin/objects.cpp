// SPDX-License-Identifier: MIT
// Which rectangle gets which class, and where the results are found. By the mean colour of a rectangle.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "plugin/objects.h"
#include "tests/plugin/detector.h"
#include "tests/plugin/harness.h"

namespace cnn::test {
namespace {

using ::testing::ElementsAre;

constexpr int kWidth = 48, kHeight = 20;

struct Colour {
  std::array<int, 4> components;  ///< as the format has them
};
constexpr Colour kRed{{230, 20, 40, 255}}, kGreen{{30, 200, 60, 255}};

GstVideoInfo info_of(GstVideoFormat format, int width, int height) {
  GstVideoInfo info;
  gst_video_info_set_format(&info, format, static_cast<guint>(width), static_cast<guint>(height));
  return info;
}

GstBuffer* black_frame(const GstVideoInfo& info) {
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, GST_VIDEO_INFO_SIZE(&info), nullptr);
  gst_buffer_memset(buffer, 0, 0, GST_VIDEO_INFO_SIZE(&info));
  return buffer;
}

/// Fills a rectangle, even in formats with subsampled chroma.
void paint(const GstVideoInfo& info, GstBuffer* buffer, const Box& box, const Colour& colour) {
  GstVideoFrame frame;
  ASSERT_TRUE(gst_video_frame_map(&frame, const_cast<GstVideoInfo*>(&info), buffer, GST_MAP_WRITE));
  for (guint c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS(&frame); ++c) {
    const GstVideoFormatInfo* format = info.finfo;
    auto* data = static_cast<guint8*>(GST_VIDEO_FRAME_COMP_DATA(&frame, c));
    const int step = GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, c), stride = GST_VIDEO_FRAME_COMP_STRIDE(&frame, c);
    const int depth = static_cast<int>(GST_VIDEO_FORMAT_INFO_DEPTH(format, c));
    const int deep = depth > 8 ? depth - 8 + static_cast<int>(GST_VIDEO_FORMAT_INFO_SHIFT(format, c)) : -1;
    const int left = GST_VIDEO_FORMAT_INFO_SCALE_WIDTH(format, c, box.x);
    const int right = GST_VIDEO_FORMAT_INFO_SCALE_WIDTH(format, c, box.x + box.width);
    const int top = GST_VIDEO_FORMAT_INFO_SCALE_HEIGHT(format, c, box.y);
    const int bottom = GST_VIDEO_FORMAT_INFO_SCALE_HEIGHT(format, c, box.y + box.height);
    for (int y = top; y < bottom; ++y)
      for (int x = left; x < right; ++x) {
        guint8* sample = data + y * stride + x * step;
        if (deep < 0)
          *sample = static_cast<guint8>(colour.components[c]);
        else
          GST_WRITE_UINT16_LE(sample, static_cast<guint16>(colour.components[c] << deep));
      }
  }
  gst_video_frame_unmap(&frame);
}

void set_caps(ClassifyHarness& harness, const GstVideoInfo& info) {
  gst_harness_set_src_caps(harness.get(), gst_video_info_to_caps(&info));
}

std::vector<double> confidences(const std::vector<LabelledClass>& classes) {
  std::vector<double> by_index(3);
  for (const LabelledClass& c : classes) by_index.at(static_cast<size_t>(c.index)) = c.confidence;
  return by_index;
}

/// RGB, the left half red and the right half green.
GstBuffer* two_halves() {
  const GstVideoInfo info = info_of(GST_VIDEO_FORMAT_RGB, kWidth, kHeight);
  GstBuffer* frame = black_frame(info);
  paint(info, frame, {0, 0, kWidth / 2, kHeight}, kRed);
  paint(info, frame, {kWidth / 2, 0, kWidth / 2, kHeight}, kGreen);
  return frame;
}

const Found kLeft{"car", 0, 0, kWidth / 2, kHeight, 0}, kRight{"person", kWidth / 2, 0, kWidth / 2, kHeight, 0};

/// The metadata of one frame of two halves in which `objects` were found.
ClassificationMeta seen(const std::string& properties, const std::vector<Found>& objects) {
  ClassifyHarness harness(properties);
  harness.set_size(kWidth, kHeight);
  gst_harness_push(harness.get(), detected(two_halves(), objects));
  return harness.pull_meta();
}

class ObjectsInFormat : public ::testing::TestWithParam<const char*> {};

TEST_P(ObjectsInFormat, GetTheClassesOfTheirPixelsAlone) {
  start_gstreamer();
  const GstVideoFormat format = gst_video_format_from_string(GetParam());
  const GstVideoInfo whole = info_of(format, kWidth, kHeight), half = info_of(format, kWidth / 2, kHeight);
  std::vector<std::vector<double>> alone;
  for (const Colour& colour : {kRed, kGreen}) {
    ClassifyHarness harness;
    set_caps(harness, half);
    GstBuffer* frame = black_frame(half);
    paint(half, frame, {0, 0, kWidth / 2, kHeight}, colour);
    gst_harness_push(harness.get(), frame);
    alone.push_back(confidences(harness.pull_meta().classes));
  }
  ClassifyHarness harness("regions=objects");
  set_caps(harness, whole);
  GstBuffer* frame = black_frame(whole);
  paint(whole, frame, {0, 0, kWidth / 2, kHeight}, kRed);
  paint(whole, frame, {kWidth / 2, 0, kWidth / 2, kHeight}, kGreen);
  gst_harness_push(harness.get(), detected(frame, {kRight, kLeft}));
  const ClassificationMeta meta = harness.pull_meta();
  ASSERT_EQ(meta.objects.size(), 2u);
  EXPECT_EQ(confidences(meta.objects[0].classes), alone[1]);
  EXPECT_EQ(confidences(meta.objects[1].classes), alone[0]);
  EXPECT_NE(alone[0], alone[1]);
}

INSTANTIATE_TEST_SUITE_P(All, ObjectsInFormat,
                         ::testing::Values("RGB", "BGR", "RGBx", "BGRA", "ARGB", "GRAY8", "NV12", "NV21", "I420",
                                           "YV12", "YUY2", "UYVY", "NV16", "Y42B", "Y444", "GBR", "P010_10LE", "I420_10LE"),
                         [](const auto& format) { return std::string(format.param); });

TEST(Objects, AreListedInTheOrderOfTheDetectorWithTheirRectangles) {
  const ClassificationMeta meta = seen("regions=objects", {{"person", 30, 2, 10, 8, 7}, {"car", 0, 0, 24, 20, 0}});
  EXPECT_EQ(told(meta), "person:green car:red");
  EXPECT_EQ(meta.objects[0].box, (Box{30, 2, 10, 8}));
  EXPECT_EQ(meta.objects[0].id, 7);
  EXPECT_TRUE(meta.objects[0].inferred);
  EXPECT_EQ(meta.objects[0].age_ns, 0u);
  EXPECT_FALSE(meta.objects[1].id);
  EXPECT_EQ(meta.frame_width, kWidth);
  EXPECT_EQ(meta.frame_height, kHeight);
  EXPECT_TRUE(meta.classes.empty());
  EXPECT_TRUE(meta.inferred);
  EXPECT_GT(meta.inference_time_ns, 0u);
}

TEST(Objects, AreLeftAloneWhereOnlyTheFrameIsAskedFor) {
  const ClassificationMeta meta = seen("", {kLeft});
  EXPECT_TRUE(meta.objects.empty());
  EXPECT_EQ(meta.frame_width, 0);
  EXPECT_EQ(meta.classes.size(), 3u);
}

TEST(Objects, AndTheFrameAreBothClassified) {
  const ClassificationMeta meta = seen("regions=both features=auto", {kRight});
  EXPECT_EQ(told(meta), "person:green");
  const auto whole = confidences(meta.classes), right = confidences(meta.objects[0].classes);
  EXPECT_NEAR(whole[0], (230 + 30) / 2 / 255., 1e-3);
  EXPECT_NEAR(right[0], 30 / 255., 1e-3);
  EXPECT_EQ(meta.features.size(), 3u);
  EXPECT_THAT(meta.objects[0].features,
              ElementsAre(::testing::FloatNear(30 / 255.f, 1e-3f), ::testing::_, ::testing::_));
}

TEST(Objects, NoneIsAResultToo) {
  const ClassificationMeta meta = seen("regions=objects", {});
  EXPECT_TRUE(meta.objects.empty());
  EXPECT_EQ(meta.frame_width, kWidth);
  EXPECT_TRUE(meta.inferred);
}

TEST(Objects, AreChosenByTheDetectorsLabel) {
  const std::vector<Found> objects = {kLeft, kRight, {"cart", 0, 0, 9, 9, 0}, {"", 0, 0, 9, 9, 0}};
  EXPECT_EQ(told(seen("regions=objects object-class=person", objects)), "person:green");
  EXPECT_EQ(told(seen("regions=objects object-class=\"cart , car\"", objects)), "car:red cart:red");
  EXPECT_EQ(told(seen("regions=objects object-class=dog", objects)), "");
  EXPECT_EQ(seen("regions=objects", objects).objects.size(), 4u);
}

TEST(Objects, AreChosenByTheirShorterSideInsideTheFrame) {
  const std::vector<Found> objects = {{"wide", 0, 0, 40, 7, 0}, {"fit", 30, 0, 8, 9, 0}, {"out", 41, 0, 30, 20, 0}};
  EXPECT_EQ(told(seen("regions=objects min-size=8", objects)), "fit:green");
}

TEST(Objects, TheLargestComeFirstWhereOnlySoManyAreInferred) {
  const std::vector<Found> objects = {{"small", 0, 0, 4, 4, 0}, {"large", 24, 0, 24, 20, 0}, {"middle", 0, 0, 8, 8, 0}};
  EXPECT_EQ(told(seen("regions=objects max-objects=1", objects)), "large:green");
  EXPECT_EQ(told(seen("regions=objects max-objects=2", objects)), "large:green middle:red");
}

TEST(Objects, PartlyOutsideAreCutAndThoseOutsideLeftOut) {
  ClassifyHarness harness("regions=objects min-size=1");
  harness.set_size(kWidth, kHeight);
  const std::vector<Found> objects = {{"cut", -100, -5, 110, 400, 0},   {"corner", kWidth - 1, kHeight - 1, 9, 9, 0},
                                      {"right", kWidth, 0, 5, 5, 0},    {"above", 0, -8, 5, 8, 0},
                                      {"empty", 3, 3, 0, 5, 0},         {"huge", 0, 0, G_MAXINT, G_MAXINT, 0},
                                      {"wrong", 5, 5, -3, G_MININT, 0}, {"odd", 25, 3, 3, 5, 0}};
  gst_harness_push(harness.get(), detected(two_halves(), objects));
  const ClassificationMeta meta = harness.pull_meta();
  EXPECT_EQ(told(meta), "cut:red corner:green huge:red odd:green");
  EXPECT_EQ(meta.objects[0].box, (Box{-100, -5, 110, 400}));
  EXPECT_EQ(harness.error(), "");
  const auto stats = harness.stats();
  guint64 seen = 0, empty = 0, classified = 0;
  gst_structure_get(stats.get(), "objects", G_TYPE_UINT64, &seen, "objects-empty", G_TYPE_UINT64, &empty,
                    "objects-classified", G_TYPE_UINT64, &classified, nullptr);
  EXPECT_EQ(seen, 8u);
  EXPECT_EQ(empty, 4u);
  EXPECT_EQ(classified, 4u);
}

const GstStructure* param_of(GstBuffer* frame, int number) {
  gpointer state = nullptr;
  GstMeta* meta = nullptr;
  for (int i = 0; i <= number; ++i)
    meta = gst_buffer_iterate_meta_filtered(frame, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE);
  return gst_video_region_of_interest_meta_get_param(reinterpret_cast<GstVideoRegionOfInterestMeta*>(meta),
                                                     "classification");
}

TEST(Objects, HaveTheResultOnTheirOwnMetaInASharedFrameToo) {
  ClassifyHarness harness("regions=objects object-class=person,car");
  harness.set_size(kWidth, kHeight);
  GstBuffer* frame = detected(two_halves(), {{"dog", 0, 0, 9, 9, 0}, kLeft, kRight});
  const Owned<GstBuffer> ours(gst_buffer_ref(frame));
  gst_harness_push(harness.get(), frame);
  const auto left = harness.pull();
  ASSERT_TRUE(left);
  EXPECT_FALSE(param_of(left.get(), 0));
  const GstStructure* car = param_of(left.get(), 1);
  const GstStructure* person = param_of(left.get(), 2);
  ASSERT_TRUE(car && person);
  EXPECT_STREQ(gst_structure_get_string(car, "label"), "red");
  EXPECT_STREQ(gst_structure_get_string(person, "label"), "green");
  EXPECT_STREQ(gst_structure_get_string(person, "model"), "mean-colour");
  double confidence = 0;
  EXPECT_TRUE(gst_structure_get_double(person, "confidence", &confidence));
  EXPECT_NEAR(confidence, 200 / 255., 1e-3);
  EXPECT_EQ(gst_value_array_get_size(gst_structure_get_value(person, "labels")), 3u);
  EXPECT_FALSE(param_of(ours.get(), 1));
}

TEST(Objects, SurviveConversionAndScaling) {
  ClassifyHarness harness("regions=objects");
  harness.set_size(kWidth, kHeight);
  gst_harness_push(harness.get(), detected(two_halves(), {kLeft, {"person", 24, 0, 24, 20, 3}}));
  GstHarness* next =
      gst_harness_new_parse("videoconvert ! videoscale ! capsfilter caps=video/x-raw,format=I420,width=24");
  gst_harness_set_src_caps_str(next, "video/x-raw,format=RGB,width=48,height=20,framerate=25/1");
  gst_harness_push(next, harness.pull().release());
  const Owned<GstBuffer> left(gst_harness_pull(next));
  ClassificationMeta meta;
  ASSERT_TRUE(left && read_classification(left.get(), meta));
  EXPECT_EQ(told(meta), "car:red person:green");
  EXPECT_EQ(meta.objects[1].box, (Box{24, 0, 24, 20}));
  EXPECT_EQ(meta.objects[1].id, 3);
  EXPECT_EQ(meta.frame_width, kWidth);
  gst_harness_teardown(next);
}

TEST(Objects, AreInTheMessage) {
  ClassifyHarness harness("regions=objects post-messages=true");
  harness.set_size(kWidth, kHeight);
  gst_harness_push(harness.get(), detected(two_halves(), {kRight, kLeft}));
  const Owned<GstMessage> message(gst_bus_timed_pop_filtered(harness.bus(), 0, GST_MESSAGE_ELEMENT));
  ASSERT_TRUE(message);
  const GValue* objects = gst_structure_get_value(gst_message_get_structure(message.get()), "objects");
  ASSERT_TRUE(objects);
  ASSERT_EQ(gst_value_array_get_size(objects), 2u);
  const GstStructure* first = gst_value_get_structure(gst_value_array_get_value(objects, 0));
  EXPECT_STREQ(gst_structure_get_string(first, "type"), "person");
}

TEST(Objects, OfForeignHandsAreReadWithoutTrust) {
  start_gstreamer();
  ClassificationMeta meta;
  meta.frame_width = meta.frame_height = 8;
  meta.objects.resize(2);
  const Owned<GstBuffer> buffer(gst_buffer_new());
  attach_classification(buffer.get(), meta);
  GstStructure* structure =
      gst_custom_meta_get_structure(gst_buffer_get_custom_meta(buffer.get(), kClassificationMeta));
  gst_structure_set(structure, "frame-width", G_TYPE_STRING, "x", "objects", G_TYPE_INT, 3, nullptr);
  ASSERT_TRUE(read_classification(buffer.get(), meta));
  EXPECT_TRUE(meta.objects.empty());
  EXPECT_EQ(meta.frame_width, 0);
}

TEST(Objects, TakeTheIdOfATrackersParam) {
  start_gstreamer();
  const Owned<GstBuffer> frame(detected(gst_buffer_new(), {{"car", 1, 2, 3, 4, 9}, {"car", 1, 2, 3, 4, 0}}));
  gpointer state = nullptr;
  auto* meta = reinterpret_cast<GstVideoRegionOfInterestMeta*>(
      gst_buffer_iterate_meta_filtered(frame.get(), &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE));
  gst_video_region_of_interest_meta_add_param(meta, gst_structure_new("object_id", "id", G_TYPE_INT, 42, nullptr));
  const std::vector<DetectedObject> objects = detected_objects(frame.get());
  ASSERT_EQ(objects.size(), 2u);
  EXPECT_EQ(objects[0].id, 42);
  EXPECT_TRUE(objects[0].tracked);
  EXPECT_FALSE(objects[1].id);
}

}  // namespace
}  // namespace cnn::test
