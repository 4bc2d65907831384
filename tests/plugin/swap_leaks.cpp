// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <stdlib.h>

#include <thread>
#include <utility>

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

/// Objects, buffers, messages and events since tracking began.
std::pair<guint, guint> made_and_gone() {
  GstStructure* structure = nullptr;
  g_signal_emit_by_name(leaks_tracer(), "activity-get-checkpoint", &structure);
  const guint made = gst_value_list_get_size(gst_structure_get_value(structure, "objects-created-list"));
  const guint gone = gst_value_list_get_size(gst_structure_get_value(structure, "objects-removed-list"));
  gst_structure_free(structure);
  return {made, gone};
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
  g_signal_emit_by_name(leaks_tracer(), "activity-start-tracking");
  swap_in_every_way();
  const auto [made, gone] = made_and_gone();
  EXPECT_GT(made, 100u);
  EXPECT_EQ(made, gone);
}

}  // namespace
}  // namespace cnn::test
