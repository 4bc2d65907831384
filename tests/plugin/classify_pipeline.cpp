// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <array>
#include <cstdio>
#include <regex>

#include "tests/plugin/harness.h"

namespace cnn::test {
namespace {

struct Outcome {
  int status;
  std::string output;  ///< of both streams
};

Outcome run_command(const std::string& command) {
  Outcome outcome{-1, ""};
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (!pipe) return outcome;
  std::array<char, 4096> block;
  while (const size_t count = fread(block.data(), 1, block.size(), pipe)) outcome.output.append(block.data(), count);
  outcome.status = pclose(pipe);
  return outcome;
}

/// Runs `pipeline` to its end; the first error, or "".
std::string play(GstElement* pipeline) {
  const Owned<GstObject> bus(GST_OBJECT(gst_element_get_bus(pipeline)));
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  const Owned<GstMessage> message(gst_bus_timed_pop_filtered(
      GST_BUS(bus.get()), 60 * GST_SECOND, static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
  std::string text = message ? "" : "neither end nor error within 60 s";
  if (message && GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ERROR) {
    GError* failure = nullptr;
    gst_message_parse_error(message.get(), &failure, nullptr);
    text = failure->message;
    g_error_free(failure);
  }
  gst_element_set_state(pipeline, GST_STATE_NULL);
  return text;
}

Owned<GstElement> parse(const std::string& description) {
  start_gstreamer();
  return Owned<GstElement>(GST_ELEMENT(gst_object_ref_sink(gst_parse_launch(description.c_str(), nullptr))));
}

std::string classifier() { return " ! cnnclassify name=c model-file=" + mean_colour_model() + " "; }

guint64 frames_out(GstElement* pipeline) {
  const Owned<GstElement> element(gst_bin_get_by_name(GST_BIN(pipeline), "c"));
  GstStructure* stats = nullptr;
  g_object_get(element.get(), "stats", &stats, nullptr);
  guint64 count = 0;
  gst_structure_get_uint64(stats, "frames-out", &count);
  gst_structure_free(stats);
  return count;
}

TEST(ClassifyPipeline, GoesThroughTenCycles) {
  const auto pipeline =
      parse("videotestsrc num-buffers=7 ! video/x-raw,width=32,height=24" + classifier() + "batch-size=4 ! fakesink");
  for (int cycle = 0; cycle < 10; ++cycle) {
    EXPECT_EQ(play(pipeline.get()), "") << cycle;
    EXPECT_EQ(frames_out(pipeline.get()), 7u) << cycle;
  }
}

TEST(ClassifyPipeline, StopsInTheMiddleOfABatch) {
  const auto pipeline = parse("videotestsrc is-live=true ! video/x-raw,width=32,height=24,framerate=200/1" +
                              classifier() + "batch-size=64 ! fakesink async=false");
  for (int cycle = 0; cycle < 3; ++cycle) {
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    g_usleep(50000);
    EXPECT_EQ(gst_element_set_state(pipeline.get(), GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
  }
}

TEST(ClassifyPipeline, NegotiatesWithoutConversion) {
  for (const char* format : {"NV12", "YUY2", "BGRx"}) {
    const auto pipeline = parse(std::string("videotestsrc num-buffers=2 ! video/x-raw,width=30,height=20,format=") +
                                format + classifier() + "! video/x-raw,format=" + format + " ! fakesink");
    EXPECT_EQ(play(pipeline.get()), "") << format;
  }
}

TEST(ClassifyPipeline, SeeksWithABatchPending) {
  const auto pipeline =
      parse("videotestsrc num-buffers=50 ! video/x-raw,width=32,height=24" + classifier() + "batch-size=8 ! fakesink");
  gst_element_set_state(pipeline.get(), GST_STATE_PAUSED);
  EXPECT_EQ(gst_element_get_state(pipeline.get(), nullptr, nullptr, 20 * GST_SECOND), GST_STATE_CHANGE_SUCCESS);
  EXPECT_TRUE(gst_element_seek_simple(pipeline.get(), GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SECOND / 3));
  EXPECT_EQ(play(pipeline.get()), "");
}

/// What the buffer pool of the ALLOCATION answer lends at least.
TEST(ClassifyPipeline, AsksForTheFramesThatItHolds) {
  ClassifyHarness harness("batch-size=6");
  harness.set_size(16, 16);
  GstCaps* caps = gst_caps_from_string("video/x-raw,format=RGB,width=16,height=16,framerate=25/1");
  GstQuery* query = gst_query_new_allocation(caps, TRUE);
  gst_caps_unref(caps);
  gst_harness_add_propose_allocation_meta(harness.get(), GST_VIDEO_META_API_TYPE, nullptr);
  gst_harness_add_propose_allocation_meta(harness.get(), GST_VIDEO_CROP_META_API_TYPE, nullptr);
  ASSERT_TRUE(gst_pad_peer_query(harness.get()->srcpad, query));
  guint size = 0, least = 0, most = 1;
  ASSERT_EQ(gst_query_get_n_allocation_pools(query), 1u);
  gst_query_parse_nth_allocation_pool(query, 0, nullptr, &size, &least, &most);
  EXPECT_EQ(size, 768u);
  EXPECT_GE(least, 6u);
  EXPECT_EQ(most, 0u);
  EXPECT_TRUE(gst_query_find_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr));
  EXPECT_FALSE(gst_query_find_allocation_meta(query, GST_VIDEO_CROP_META_API_TYPE, nullptr));
  gst_query_unref(query);
}

TEST(ClassifyPipeline, LeaksNothing) {
  start_gstreamer();
  setenv("GST_TRACERS", "leaks", 1);
  setenv("GST_DEBUG", "GST_TRACER:7", 1);
  setenv("GST_DEBUG_NO_COLOR", "1", 1);
  const auto clean =
      run_command("gst-launch-1.0 -q videotestsrc num-buffers=30 ! video/x-raw,width=32,height=24" + classifier() +
                  "batch-size=4 features=auto smoothing=100000000 post-messages=changes ! tee ! queue ! fakesink");
  const auto failed = run_command("gst-launch-1.0 -q videotestsrc ! cnnclassify model-file=nowhere.onnx ! fakesink");
  for (const char* name : {"GST_TRACERS", "GST_DEBUG", "GST_DEBUG_NO_COLOR"}) unsetenv(name);
  EXPECT_EQ(clean.status, 0) << clean.output;
  EXPECT_NE(failed.status, 0);
  EXPECT_THAT(failed.output, ::testing::HasSubstr("nowhere.onnx"));
  // The tracer also prints the formats of its records, with %s for the type.
  const std::regex alive(R"(object-alive, type-name=\(string\)[^%].*)");
  std::smatch match;
  for (const Outcome& outcome : {clean, failed}) {
    EXPECT_THAT(outcome.output, ::testing::HasSubstr("object-alive, type-name=")) << "the tracer did not run";
    EXPECT_FALSE(std::regex_search(outcome.output, match, alive)) << match.str();
  }
}

TEST(ClassifyPipeline, LogsEachStageOfEachFrameForTheTracer) {
  start_gstreamer();
  const std::string line = "gst-launch-1.0 -q videotestsrc num-buffers=9 ! video/x-raw,width=32,height=24" +
                           classifier() + "inference-interval=3 ! fakesink";
  setenv("GST_DEBUG", "GST_TRACER:7", 1);
  setenv("GST_DEBUG_NO_COLOR", "1", 1);
  setenv("GST_TRACERS", "cnn", 1);
  const auto traced = run_command(line);
  unsetenv("GST_TRACERS");
  const auto plain = run_command(line);
  for (const char* name : {"GST_DEBUG", "GST_DEBUG_NO_COLOR"}) unsetenv(name);
  EXPECT_EQ(traced.status, 0) << traced.output;
  const struct {
    const char* stage;
    int records;
  } wanted[] = {{"map", 3}, {"preprocess", 3}, {"wait", 3}, {"run", 3}, {"attach", 9}};
  for (const auto& [stage, records] : wanted) {
    const std::regex record("cnn-stage, element=\\(string\\)c, stage=\\(string\\)" + std::string(stage) +
                            ", time=\\(guint64\\)[0-9]+;");
    const auto first = std::sregex_iterator(traced.output.begin(), traced.output.end(), record);
    EXPECT_EQ(std::distance(first, std::sregex_iterator()), records) << stage << " in\n" << traced.output;
  }
  EXPECT_THAT(plain.output, ::testing::Not(::testing::HasSubstr("cnn-stage")));
}

TEST(ClassifyPipeline, IsReadByPython) {
  start_gstreamer();
  if (run_command(
          "/usr/bin/python3 -c 'import gi; gi.require_version(\"Gst\", \"1.0\"); from gi.repository import Gst'")
          .status != 0)
    GTEST_SKIP() << "python3-gi with GStreamer is absent";
  const auto outcome =
      run_command("/usr/bin/python3 " CNN_SOURCE_ROOT
                  "/pipelines/read_labels.py 'videotestsrc num-buffers=3 pattern=solid-color "
                  "foreground-color=0xffff0000 ! video/x-raw,format=RGB,framerate=25/1,width=16,height=16" +
                  classifier() + "features=auto ! fakesink name=sink signal-handoffs=true'");
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_THAT(outcome.output, ::testing::HasSubstr("0.000 red 100%"));
  EXPECT_THAT(outcome.output, ::testing::HasSubstr("0.080 red 100%"));
  EXPECT_THAT(outcome.output, ::testing::HasSubstr("3 features"));
}

}  // namespace
}  // namespace cnn::test
