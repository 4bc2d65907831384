// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <vector>

#include "tests/plugin/harness.h"

namespace cnn::test {
namespace {

guint64 count_of(const GstStructure* stats, const char* field) {
  guint64 count = 0;
  EXPECT_TRUE(gst_structure_get_uint64(stats, field, &count)) << field;
  return count;
}

GParamSpec* find_property(const char* name) {
  start_gstreamer();
  const Owned<GstElement> element(GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make("cnnclassify", nullptr))));
  return g_object_class_find_property(G_OBJECT_GET_CLASS(element.get()), name);
}

void expect_uint(const char* name, guint low, guint high, guint value, bool playing) {
  GParamSpec* spec = find_property(name);
  ASSERT_TRUE(spec && G_IS_PARAM_SPEC_UINT(spec)) << name;
  EXPECT_EQ(G_PARAM_SPEC_UINT(spec)->minimum, low) << name;
  EXPECT_EQ(G_PARAM_SPEC_UINT(spec)->maximum, high) << name;
  EXPECT_EQ(G_PARAM_SPEC_UINT(spec)->default_value, value) << name;
  EXPECT_EQ((spec->flags & GST_PARAM_MUTABLE_PLAYING) != 0, playing) << name;
}

void expect_string(const char* name, const char* value, bool playing) {
  GParamSpec* spec = find_property(name);
  ASSERT_TRUE(spec && G_IS_PARAM_SPEC_STRING(spec)) << name;
  EXPECT_STREQ(G_PARAM_SPEC_STRING(spec)->default_value, value) << name;
  EXPECT_EQ((spec->flags & GST_PARAM_MUTABLE_PLAYING) != 0, playing) << name;
}

void expect_boolean(const char* name, bool playing) {
  GParamSpec* spec = find_property(name);
  ASSERT_TRUE(spec && G_IS_PARAM_SPEC_BOOLEAN(spec)) << name;
  EXPECT_FALSE(G_PARAM_SPEC_BOOLEAN(spec)->default_value) << name;
  EXPECT_EQ((spec->flags & GST_PARAM_MUTABLE_PLAYING) != 0, playing) << name;
}

TEST(ClassifyProperties, HaveDocumentedRangesAndDefaults) {
  expect_string("model-file", nullptr, true);
  expect_string("labels-file", nullptr, true);
  expect_string("device", "auto", false);
  expect_string("features", "none", false);
  expect_uint("threads", 0, 1024, 0, false);
  expect_uint("batch-size", 0, 256, 0, false);
  expect_uint("priority", 1, 100, 10, false);
  expect_string("engine-id", nullptr, false);
  expect_uint("top-k", 1, 100, 5, true);
  expect_uint("inference-interval", 1, G_MAXUINT, 1, true);
  expect_boolean("normalise-features", false);
  GParamSpec* threshold = find_property("threshold");
  ASSERT_TRUE(threshold && G_IS_PARAM_SPEC_DOUBLE(threshold));
  EXPECT_EQ(G_PARAM_SPEC_DOUBLE(threshold)->minimum, 0);
  EXPECT_EQ(G_PARAM_SPEC_DOUBLE(threshold)->maximum, 1);
  EXPECT_EQ(G_PARAM_SPEC_DOUBLE(threshold)->default_value, 0);
  GParamSpec* stats = find_property("stats");
  ASSERT_TRUE(stats);
  EXPECT_FALSE(stats->flags & G_PARAM_WRITABLE);
}

TEST(ClassifyProperties, NamePrecisions) {
  start_gstreamer();
  const Owned<GstElement> element(GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make("cnnclassify", nullptr))));
  GParamSpec* spec = find_property("precision");
  ASSERT_TRUE(spec && G_IS_PARAM_SPEC_ENUM(spec));
  for (const char* name : {"fp32", "bf16", "int8", "auto"}) {
    const GEnumValue* value = g_enum_get_value_by_nick(G_PARAM_SPEC_ENUM(spec)->enum_class, name);
    ASSERT_TRUE(value) << name;
    gst_util_set_object_arg(G_OBJECT(element.get()), "precision", name);
    gint kept = -1;
    g_object_get(element.get(), "precision", &kept, nullptr);
    EXPECT_EQ(kept, value->value) << name;
    EXPECT_EQ(name == std::string("auto"), G_PARAM_SPEC_ENUM(spec)->default_value == value->value) << name;
  }
  EXPECT_EQ(g_enum_get_value_by_nick(G_PARAM_SPEC_ENUM(spec)->enum_class, "int4"), nullptr);
}

TEST(ClassifyProperties, SteadyNothingByDefault) {
  for (const char* name : {"smoothing", "min-duration"}) {
    GParamSpec* spec = find_property(name);
    ASSERT_TRUE(spec && G_IS_PARAM_SPEC_UINT64(spec)) << name;
    EXPECT_EQ(G_PARAM_SPEC_UINT64(spec)->default_value, 0u) << name;
    EXPECT_EQ(G_PARAM_SPEC_UINT64(spec)->maximum, 3600 * GST_SECOND) << name;
    EXPECT_TRUE(spec->flags & GST_PARAM_MUTABLE_PLAYING) << name;
  }
  for (const char* name : {"hysteresis", "unknown-threshold"}) {
    GParamSpec* spec = find_property(name);
    ASSERT_TRUE(spec && G_IS_PARAM_SPEC_DOUBLE(spec)) << name;
    EXPECT_EQ(G_PARAM_SPEC_DOUBLE(spec)->default_value, 0) << name;
    EXPECT_EQ(G_PARAM_SPEC_DOUBLE(spec)->maximum, 1) << name;
    EXPECT_TRUE(spec->flags & GST_PARAM_MUTABLE_PLAYING) << name;
  }
}

TEST(ClassifyProperties, PostMessagesIsAnEnumThatTakesBooleans) {
  start_gstreamer();
  const Owned<GstElement> element(GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make("cnnclassify", nullptr))));
  struct Case {
    const char* text;
    gint value;
    const char* name;
  };
  for (const Case& c : {Case{"results", 1, "results"},
                        {"changes", 2, "changes"},
                        {"none", 0, "none"},
                        {"true", 1, "results"},
                        {"false", 0, "none"},
                        {"1", 1, "results"},
                        {"0", 0, "none"}}) {
    gst_util_set_object_arg(G_OBJECT(element.get()), "post-messages", c.text);
    gint kept = -1;
    g_object_get(element.get(), "post-messages", &kept, nullptr);
    EXPECT_EQ(kept, c.value) << c.text;
    GParamSpec* spec = find_property("post-messages");
    ASSERT_TRUE(spec && G_IS_PARAM_SPEC_ENUM(spec));
    EXPECT_STREQ(g_enum_get_value(G_PARAM_SPEC_ENUM(spec)->enum_class, kept)->value_nick, c.name) << c.text;
  }
}

TEST(ClassifyProperties, KeepWhatIsSet) {
  start_gstreamer();
  const Owned<GstElement> element(GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make("cnnclassify", nullptr))));
  g_object_set(element.get(), "model-file", "a.onnx", "labels-file", "b.txt", "device", "cuda:1", "features", "pool",
               "threads", 3u, "batch-size", 8u, "top-k", 2u, "threshold", 0.25, "inference-interval", 9u,
               "normalise-features", TRUE, "post-messages", TRUE, nullptr);
  gchar *model = nullptr, *labels = nullptr, *device = nullptr, *features = nullptr;
  guint threads = 0, batch = 0, top_k = 0, interval = 0;
  gboolean normalise = FALSE, post = FALSE;
  gdouble threshold = 0;
  g_object_get(element.get(), "model-file", &model, "labels-file", &labels, "device", &device, "features", &features,
               "threads", &threads, "batch-size", &batch, "top-k", &top_k, "threshold", &threshold,
               "inference-interval", &interval, "normalise-features", &normalise, "post-messages", &post, nullptr);
  EXPECT_STREQ(model, "a.onnx");
  EXPECT_STREQ(labels, "b.txt");
  EXPECT_STREQ(device, "cuda:1");
  EXPECT_STREQ(features, "pool");
  EXPECT_EQ(threads, 3u);
  EXPECT_EQ(batch, 8u);
  EXPECT_EQ(top_k, 2u);
  EXPECT_EQ(threshold, 0.25);
  EXPECT_EQ(interval, 9u);
  EXPECT_TRUE(normalise);
  EXPECT_TRUE(post);
  for (gchar* text : {model, labels, device, features}) g_free(text);
  g_object_set(element.get(), "model-file", nullptr, nullptr);
  g_object_get(element.get(), "model-file", &model, nullptr);
  EXPECT_EQ(model, nullptr);
}

TEST(ClassifyProperties, TuneWhileFramesFlow) {
  ClassifyHarness harness;
  harness.set_size(16, 16);
  harness.push(20);
  EXPECT_EQ(harness.pull_meta().classes.size(), 3u);
  g_object_set(harness.element(), "top-k", 2u, nullptr);
  harness.push(20);
  EXPECT_EQ(harness.pull_meta().classes.size(), 2u);
  g_object_set(harness.element(), "threshold", 0.5, nullptr);
  harness.push(20);
  const ClassificationMeta meta = harness.pull_meta();
  ASSERT_EQ(meta.classes.size(), 1u);
  EXPECT_EQ(meta.classes[0].label, "red");
}

TEST(ClassifyInterval, MarksFramesBetweenByTheAgeOfTheirResult) {
  ClassifyHarness harness("inference-interval=3");
  harness.set_size(16, 16);
  for (int i = 1; i <= 7; ++i) {
    harness.push(i);
    const ClassificationMeta meta = harness.pull_meta();
    const int source = 1 + (i - 1) / 3 * 3;
    EXPECT_EQ(meta.inferred, i == source) << i;
    EXPECT_EQ(meta.age_ns, static_cast<uint64_t>(i - source) * 40 * GST_MSECOND) << i;
    EXPECT_EQ(meta.inference_time_ns == 0, i != source) << i;
    ASSERT_FALSE(meta.classes.empty()) << i;
    EXPECT_NEAR(meta.classes[0].confidence, 10 * source / 255., 1e-5) << i;
  }
  const auto stats = harness.stats();
  EXPECT_EQ(count_of(stats.get(), "inferred"), 3u);
  EXPECT_EQ(count_of(stats.get(), "skipped"), 4u);
}

TEST(ClassifyInterval, InfersTheFirstFrameAfterAFlush) {
  ClassifyHarness harness("inference-interval=100");
  harness.set_size(16, 16);
  harness.push(0);
  harness.push(1);
  gst_harness_push_event(harness.get(), gst_event_new_flush_start());
  gst_harness_push_event(harness.get(), gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(harness.get(), gst_event_new_segment(&segment));
  harness.push(2);
  ClassificationMeta newest;
  while (const auto frame = harness.pull()) ASSERT_TRUE(read_classification(frame.get(), newest));
  EXPECT_TRUE(newest.inferred);
}

TEST(ClassifyStats, CountFramesAndBatches) {
  ClassifyHarness harness("batch-size=4");
  harness.set_size(16, 16);
  for (int i = 0; i < 6; ++i) harness.push(i);
  auto stats = harness.stats();
  EXPECT_EQ(count_of(stats.get(), "frames-in"), 6u);
  EXPECT_EQ(count_of(stats.get(), "frames-out"), 4u);
  gst_harness_push_event(harness.get(), gst_event_new_eos());
  stats = harness.stats();
  EXPECT_EQ(count_of(stats.get(), "frames-out"), 6u);
  EXPECT_EQ(count_of(stats.get(), "inferred"), 6u);
  EXPECT_EQ(count_of(stats.get(), "skipped"), 0u);
  EXPECT_EQ(count_of(stats.get(), "batches"), 2u);
  for (const char* stage : {"preprocess", "run"}) {
    const std::string name = stage;
    const guint64 p50 = count_of(stats.get(), (name + "-p50").c_str());
    EXPECT_GT(p50, 0u) << stage;
    EXPECT_LE(p50, count_of(stats.get(), (name + "-p95").c_str())) << stage;
    EXPECT_LE(count_of(stats.get(), (name + "-p95").c_str()), count_of(stats.get(), (name + "-p99").c_str())) << stage;
  }
}

TEST(ClassifyMessages, ComeForEachInferredFrameOnRequest) {
  ClassifyHarness harness("inference-interval=2");
  harness.set_size(16, 16);
  harness.push(1);
  EXPECT_FALSE(gst_bus_pop_filtered(harness.bus(), GST_MESSAGE_ELEMENT));
  g_object_set(harness.element(), "post-messages", TRUE, "top-k", 1u, nullptr);
  harness.push(2);
  EXPECT_FALSE(gst_bus_pop_filtered(harness.bus(), GST_MESSAGE_ELEMENT));
  harness.push(3);
  const Owned<GstMessage> message(gst_bus_pop_filtered(harness.bus(), GST_MESSAGE_ELEMENT));
  ASSERT_TRUE(message);
  const GstStructure* fields = gst_message_get_structure(message.get());
  EXPECT_STREQ(gst_structure_get_name(fields), "cnnclassify");
  for (const char* time : {"timestamp", "stream-time", "running-time"})
    EXPECT_EQ(count_of(fields, time), 120 * GST_MSECOND) << time;
  EXPECT_EQ(count_of(fields, "duration"), 40 * GST_MSECOND);
  const GValue* labels = gst_structure_get_value(fields, "labels");
  ASSERT_TRUE(labels && GST_VALUE_HOLDS_ARRAY(labels));
  ASSERT_EQ(gst_value_array_get_size(labels), 1u);
  EXPECT_STREQ(g_value_get_string(gst_value_array_get_value(labels, 0)), "red");
  EXPECT_NEAR(g_value_get_double(gst_value_array_get_value(gst_structure_get_value(fields, "confidences"), 0)),
              30 / 255., 1e-5);
  EXPECT_EQ(g_value_get_int(gst_value_array_get_value(gst_structure_get_value(fields, "indices"), 0)), 0);
}

}  // namespace
}  // namespace cnn::test
