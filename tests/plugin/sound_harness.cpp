// SPDX-License-Identifier: MIT
#include "tests/plugin/sound_harness.h"

#include <gtest/gtest.h>

#include <cstring>

namespace cnn::test {

SoundHarness::SoundHarness(const std::string& properties, const std::string& caps_fields) {
  start_gstreamer();
  bus_ = gst_bus_new();
  GError* failure = nullptr;
  element_.reset(gst_parse_launch(("cnnspectrogram " + std::string(kSmallPatches) + properties).c_str(), &failure));
  if (failure) {
    ADD_FAILURE() << failure->message;
    g_clear_error(&failure);
  }
  gst_object_ref_sink(element_.get());
  gst_element_set_bus(element_.get(), bus_);
  harness_ = gst_harness_new_with_element(element_.get(), "sink", "src");
  if (caps_fields.empty()) return;
  const std::string rate = caps_fields.find("rate=") == std::string::npos ? ",rate=1000" : "";
  gst_harness_set_src_caps_str(harness_, ("audio/x-raw,layout=interleaved," + caps_fields + rate).c_str());
}

SoundHarness::~SoundHarness() {
  gst_harness_teardown(harness_);
  gst_element_set_bus(element_.get(), nullptr);
  gst_object_unref(bus_);
}

GstFlowReturn SoundHarness::push_bytes(const void* bytes, size_t size, int ms, bool discont) {
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, size, nullptr);
  gst_buffer_fill(buffer, 0, bytes, size);
  if (ms >= 0) GST_BUFFER_PTS(buffer) = static_cast<GstClockTime>(ms) * GST_MSECOND;
  if (discont) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DISCONT);
  return gst_harness_push(harness_, buffer);
}

std::vector<Patch> SoundHarness::pull() {
  std::vector<Patch> patches;
  while (Owned<GstBuffer> buffer{gst_harness_try_pull(harness_)}) {
    Patch patch{GST_BUFFER_PTS(buffer.get()), GST_BUFFER_DURATION(buffer.get()),
                GST_BUFFER_FLAG_IS_SET(buffer.get(), GST_BUFFER_FLAG_DISCONT) != 0,
                std::vector<float>(gst_buffer_get_size(buffer.get()) / sizeof(float))};
    gst_buffer_extract(buffer.get(), 0, patch.values.data(), patch.values.size() * sizeof(float));
    patches.push_back(std::move(patch));
  }
  return patches;
}

std::vector<int> SoundHarness::begins() {
  std::vector<int> begins;
  for (const Patch& patch : pull()) begins.push_back(static_cast<int>(GST_TIME_AS_MSECONDS(patch.pts)));
  return begins;
}

}  // namespace cnn::test
