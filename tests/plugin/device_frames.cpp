// SPDX-License-Identifier: MIT
// Pipelines whose classifier runs on a device, simulated by tests/cuda/simulated_module.cpp in place of cnn-cuda.so.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/plugin/harness.h"

namespace cnn::test {
namespace {

template <class Function>
Function of_module(const char* name) {
  void* module = dlopen(std::getenv("CNN_CUDA_MODULE"), RTLD_NOW | RTLD_NOLOAD);
  return module ? reinterpret_cast<Function>(dlsym(module, name)) : nullptr;
}

/// What went through a pipeline.
struct Played {
  int frames = 0;
  int pinned = 0;  ///< of these, in memory that the element offered
  std::vector<ClassificationMeta> results;
  std::string error;
};

GstPadProbeReturn enter(GstPad*, GstPadProbeInfo* info, gpointer to) {
  auto& played = *static_cast<Played*>(to);
  GstMemory* memory = gst_buffer_peek_memory(GST_PAD_PROBE_INFO_BUFFER(info), 0);
  ++played.frames;
  played.pinned +=
      gst_mini_object_get_qdata(GST_MINI_OBJECT_CAST(memory), g_quark_from_string("cnn-pinned")) != nullptr;
  return GST_PAD_PROBE_OK;
}

GstPadProbeReturn leave(GstPad*, GstPadProbeInfo* info, gpointer to) {
  ClassificationMeta meta;
  if (read_classification(GST_PAD_PROBE_INFO_BUFFER(info), meta)) static_cast<Played*>(to)->results.push_back(meta);
  return GST_PAD_PROBE_OK;
}

Played play(const std::string& caps, const std::string& properties) {
  start_gstreamer();
  Played played;
  const std::string text = "videotestsrc num-buffers=4 pattern=solid-color foreground-color=0xffc86432 ! video/x-raw," +
                           caps + ",framerate=25/1 ! cnnclassify name=c model-file=" + mean_colour_model() + " " +
                           properties + " ! fakesink";
  GstElement* pipeline = gst_parse_launch(text.c_str(), nullptr);
  GstElement* classify = gst_bin_get_by_name(GST_BIN(pipeline), "c");
  for (const auto& [name, probe] : {std::pair<const char*, GstPadProbeCallback>{"sink", enter}, {"src", leave}}) {
    GstPad* pad = gst_element_get_static_pad(classify, name);
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, probe, &played, nullptr);
    gst_object_unref(pad);
  }
  gst_object_unref(classify);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  GstBus* bus = gst_element_get_bus(pipeline);
  const Owned<GstMessage> end(gst_bus_timed_pop_filtered(
      bus, 60 * GST_SECOND, static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
  if (!end || GST_MESSAGE_TYPE(end.get()) == GST_MESSAGE_ERROR) played.error = end ? "an error" : "no end";
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(bus);
  gst_object_unref(pipeline);
  return played;
}

void expect_the_colour(const Played& played) {
  EXPECT_EQ(played.error, "");
  EXPECT_EQ(played.frames, 4);
  ASSERT_EQ(played.results.size(), 4u);
  for (const ClassificationMeta& meta : played.results) {
    ASSERT_EQ(meta.classes.size(), 3u);
    EXPECT_EQ(meta.classes[0].label, "red");
    EXPECT_NEAR(meta.classes[0].confidence, 200 / 255., 0.03);
    EXPECT_NEAR(meta.classes[1].confidence, 100 / 255., 0.03);
    EXPECT_NEAR(meta.classes[2].confidence, 50 / 255., 0.03);
  }
}

/// Planes of frames that were copied to the device so far.
int planes_on_device() {
  const auto count = of_module<int (*)()>("cnn_simulated_planes");
  return count ? count() : 0;
}

TEST(DeviceFrames, GoFromASourceToTheDeviceAsTheyAre) {
  for (const auto& [caps, planes] : {std::pair{"format=NV12,width=64,height=48", 2},
                                     {"format=RGB,width=33,height=17", 1},
                                     {"format=I420,width=51,height=37", 3}}) {
    const int before = planes_on_device();
    const Played played = play(caps, "device=cuda precision=fp32");
    expect_the_colour(played);
    EXPECT_EQ(played.pinned, 4) << caps;
    EXPECT_EQ(planes_on_device() - before, 4 * planes) << caps;
  }
}

TEST(DeviceFrames, AreTheCpusWithoutADelay) {
  const int before = planes_on_device();
  const Played played = play("format=NV12,width=64,height=48", "device=cuda precision=fp32 video-delay=none");
  EXPECT_EQ(played.error, "");
  EXPECT_EQ(played.frames, 4);
  EXPECT_EQ(played.pinned, 0);
  EXPECT_EQ(planes_on_device(), before);
}

TEST(DeviceFrames, AreNotLostWhenTheDeviceFails) {
  expect_the_colour(play("format=NV12,width=64,height=48", "device=auto precision=fp32"));
  const auto fail = of_module<void (*)(bool)>("cnn_simulated_fail");
  ASSERT_TRUE(fail);
  fail(true);
  expect_the_colour(play("format=NV12,width=64,height=48", "device=auto precision=fp32"));
  fail(false);
}

TEST(DeviceFrames, StayOnTheHostOfACpu) {
  const Played played = play("format=NV12,width=64,height=48", "device=cpu");
  expect_the_colour(played);
  EXPECT_EQ(played.pinned, 0);
}

}  // namespace
}  // namespace cnn::test
