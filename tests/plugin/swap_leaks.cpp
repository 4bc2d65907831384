// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <thread>

#include "tests/plugin/harness.h"

namespace cnn::test {
namespace {

GObject* leaks_tracer() {
  static GObject* const tracer = [] {
    setenv("GST_TRACERS", "leaks", 1);
    start_gstreamer();
    GList* all = gst_tracing_get_active_tracers();
    GObject* found = nullptr;
    for (GList* at = all; at; at = at->next)
      if (G_OBJECT_TYPE_NAME(at->data) == std::string("GstLeaksTracer")) found = G_OBJECT(g_object_ref(at->data));
    g_list_free_full(all, gst_object_unref);
    return found;
  }();
  return tracer;
}

/// The types of all objects and buffers, messages, events that live.
std::vector<std::string> alive() {
  GstStructure* structure = nullptr;
  g_signal_emit_by_name(leaks_tracer(), "get-live-objects", &structure);
  std::vector<std::string> types;
  const GValue* list = gst_structure_get_value(structure, "live-objects-list");
  for (guint i = 0; list && i < gst_value_list_get_size(list); ++i) {
    const GstStructure* one = gst_value_get_structure(gst_value_list_get_value(list, i));
    types.push_back(G_VALUE_TYPE_NAME(gst_structure_get_value(one, "object")));
  }
  gst_structure_free(structure);
  std::sort(types.begin(), types.end());
  return types;
}

/// Models that are taken, refused, compared, and dropped at the end of the element.
void swap_in_every_way() {
  ClassifyHarness harness("batch-size=1");
  harness.set_size(16, 16);
  auto* element = G_OBJECT(harness.element());
  for (int i = 0; i < 20; ++i) {
    g_object_set(element, "shadow-frames", i % 3u, "model-file",
                 i % 4 == 0 ? "nowhere.onnx" : mean_colour_model().c_str(), nullptr);
    for (int frame = 0; frame < 3; ++frame) {
      harness.push(frame);
      harness.pull();
    }
    if (i % 5 == 0) std::this_thread::yield();
  }
}

TEST(SwapLeaks, NoObjectLivesLonger) {
  if (!leaks_tracer()) GTEST_SKIP() << "GStreamer's leaks tracer is absent";
  swap_in_every_way();  // what GStreamer makes once
  const auto before = alive();
  {
    const Owned<GstElement> pipeline(GST_ELEMENT(gst_object_ref_sink(gst_pipeline_new(nullptr))));
    EXPECT_THAT(alive(), ::testing::Contains("GstPipeline")) << "the tracer does not see what lives";
  }
  swap_in_every_way();
  EXPECT_EQ(alive(), before);
}

}  // namespace
}  // namespace cnn::test
