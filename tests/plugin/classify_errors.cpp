// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/plugin/harness.h"
#include "tests/support/onnx_writer.h"

namespace cnn::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

void write_text(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

/// The one error that an element with these properties posts on its way to PAUSED.
std::string start_error(const std::string& properties) {
  start_gstreamer();
  const Owned<GstElement> element(
      GST_ELEMENT(gst_object_ref_sink(gst_parse_launch(("cnnclassify " + properties).c_str(), nullptr))));
  GstBus* bus = gst_bus_new();
  gst_element_set_bus(element.get(), bus);
  EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE) << properties;
  std::string text = pop_error(bus);
  EXPECT_EQ(pop_error(bus), "") << properties;
  gst_element_set_state(element.get(), GST_STATE_NULL);
  gst_element_set_bus(element.get(), nullptr);
  gst_object_unref(bus);
  return text;
}

std::string domain(const char* name, int code) { return std::string(name) + "/" + std::to_string(code) + ": "; }
std::string resource(GstResourceError code) { return domain("gst-resource-error-quark", code); }
std::string stream(GstStreamError code) { return domain("gst-stream-error-quark", code); }
std::string library(GstLibraryError code) { return domain("gst-library-error-quark", code); }

TEST(ClassifyErrors, NameAMissingModel) {
  EXPECT_THAT(start_error("model-file=nowhere.onnx"),
              AllOf(StartsWith(resource(GST_RESOURCE_ERROR_NOT_FOUND)), HasSubstr("nowhere.onnx")));
}

TEST(ClassifyErrors, TellThatAFileIsNoModel) {
  const std::string path = scratch_file("text.onnx");
  write_text(path, "This is a text and no model at all.\n");
  EXPECT_THAT(start_error("model-file=" + path), StartsWith(stream(GST_STREAM_ERROR_WRONG_TYPE)));
}

TEST(ClassifyErrors, TellThatAModelIsTruncated) {
  const std::string path = scratch_file("truncated.onnx");
  std::filesystem::copy_file(mean_colour_model(), path, std::filesystem::copy_options::overwrite_existing);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  EXPECT_THAT(start_error("model-file=" + path), StartsWith(stream(GST_STREAM_ERROR_WRONG_TYPE)));
}

TEST(ClassifyErrors, NameAnUnsupportedOperator) {
  const std::string path = scratch_file("unsupported.onnx");
  OnnxWriter().input("x", {1, 3, 8, 8}).node("Frobnicate", {"x"}, {"y"}).output("y").save(path);
  EXPECT_THAT(start_error("model-file=" + path),
              AllOf(StartsWith(stream(GST_STREAM_ERROR_NOT_IMPLEMENTED)), HasSubstr("Frobnicate")));
}

TEST(ClassifyErrors, NameBothCountsOfLabels) {
  const std::string path = scratch_file("two.txt");
  write_text(path, "one\ntwo\n");
  const std::string text = start_error("model-file=" + mean_colour_model() + " labels-file=" + path);
  EXPECT_THAT(text, AllOf(HasSubstr("2"), HasSubstr("3")));
  EXPECT_THAT(text, StartsWith("gst-"));
}

TEST(ClassifyErrors, NameAMissingLabelsFile) {
  EXPECT_THAT(start_error("model-file=" + mean_colour_model() + " labels-file=nowhere.txt"),
              AllOf(StartsWith(resource(GST_RESOURCE_ERROR_NOT_FOUND)), HasSubstr("nowhere.txt")));
}

TEST(ClassifyErrors, NameTheChoicesOfDevices) {
  EXPECT_THAT(start_error("model-file=" + mean_colour_model() + " device=toaster"),
              AllOf(StartsWith(library(GST_LIBRARY_ERROR_SETTINGS)), HasSubstr("toaster"), HasSubstr("auto"),
                    HasSubstr("cpu"), HasSubstr("cuda")));
}

TEST(ClassifyErrors, NameAnInputSizeThatCannotBe) {
  EXPECT_THAT(start_error("input-size=224"),
              HasSubstr("input-size is \"224\", it must be WIDTHxHEIGHT in pixels, each 1 to 16384"));
  EXPECT_THAT(start_error("input-size=320x240 model-file=" + mean_colour_model()),
              HasSubstr("but 320x240 is asked for"));
}

TEST(ClassifyErrors, NameAnUnknownFeatureTensor) {
  EXPECT_THAT(start_error("model-file=" + mean_colour_model() + " features=nonsense"), HasSubstr("nonsense"));
}

TEST(ClassifyErrors, TellThatABufferIsTooSmall) {
  ClassifyHarness harness;
  harness.set_size(16, 16);
  EXPECT_EQ(gst_harness_push(harness.get(), gst_buffer_new_allocate(nullptr, 100, nullptr)), GST_FLOW_ERROR);
  EXPECT_THAT(harness.error(), AllOf(HasSubstr("100 bytes"), HasSubstr("16x16 RGB"), HasSubstr("768")));
  EXPECT_EQ(harness.error(), "");
}

TEST(ClassifyErrors, TellThatAFrameIsEmpty) {
  ClassifyHarness harness;
  harness.set_size(16, 16);
  EXPECT_EQ(gst_harness_push(harness.get(), gst_buffer_new()), GST_FLOW_ERROR);
  EXPECT_THAT(harness.error(), HasSubstr("0 bytes"));
}

TEST(ClassifyErrors, DoNotBelieveTheVideoMeta) {
  ClassifyHarness harness;
  gsize offsets[GST_VIDEO_MAX_PLANES] = {0};
  gint strides[GST_VIDEO_MAX_PLANES] = {64};
  GstBuffer* frame = gst_buffer_new_allocate(nullptr, 64 * 3, nullptr);
  gst_buffer_add_video_meta_full(frame, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_RGB, 16, 16, 1, offsets, strides);
  harness.set_size(16, 16);
  EXPECT_EQ(gst_harness_push(harness.get(), frame), GST_FLOW_ERROR);
  EXPECT_THAT(harness.error(), AllOf(HasSubstr("plane 0"), HasSubstr("192"), HasSubstr("1008")));
}

TEST(ClassifyErrors, DoNotBelieveAStrideShorterThanARow) {
  ClassifyHarness harness;
  gsize offsets[GST_VIDEO_MAX_PLANES] = {0};
  gint strides[GST_VIDEO_MAX_PLANES] = {8};
  GstBuffer* frame = gst_buffer_new_allocate(nullptr, 4096, nullptr);
  gst_buffer_add_video_meta_full(frame, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_RGB, 16, 16, 1, offsets, strides);
  harness.set_size(16, 16);
  EXPECT_EQ(gst_harness_push(harness.get(), frame), GST_FLOW_ERROR);
  EXPECT_THAT(harness.error(), AllOf(HasSubstr("stride of 8"), HasSubstr("48")));
}

TEST(ClassifyErrors, RefuseCapsThatCannotBe) {
  for (const char* caps : {"video/x-raw,format=RGB,width=0,height=16,framerate=25/1",
                           "video/x-raw,format=RGB,width=40000,height=16,framerate=25/1",
                           "video/x-raw,format=v210,width=16,height=16,framerate=25/1", "audio/x-raw"}) {
    ClassifyHarness harness;
    GstCaps* wrong = gst_caps_from_string(caps);
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_push_event(harness.get()->srcpad, gst_event_new_stream_start("test"));
    gst_pad_push_event(harness.get()->srcpad, gst_event_new_caps(wrong));
    gst_pad_push_event(harness.get()->srcpad, gst_event_new_segment(&segment));
    gst_caps_unref(wrong);
    EXPECT_EQ(harness.push(0), GST_FLOW_NOT_NEGOTIATED) << caps;
    EXPECT_FALSE(harness.pull()) << caps;
  }
}

TEST(ClassifyErrors, StartAgainAfterAFailure) {
  start_gstreamer();
  const Owned<GstElement> element(
      GST_ELEMENT(gst_object_ref_sink(gst_parse_launch("cnnclassify model-file=nowhere.onnx", nullptr))));
  EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
  gst_element_set_state(element.get(), GST_STATE_NULL);
  g_object_set(element.get(), "model-file", mean_colour_model().c_str(), nullptr);
  EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_PAUSED), GST_STATE_CHANGE_SUCCESS);
  gst_element_set_state(element.get(), GST_STATE_NULL);
}

}  // namespace
}  // namespace cnn::test
