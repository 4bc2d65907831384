// SPDX-License-Identifier: MIT
// What a model with several heads says, on frames, on the bus and in pictures.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/labelled.h"
#include "plugin/messages.h"
#include "plugin/metadata.h"
#include "plugin/panel_rows.h"
#include "tests/plugin/detector.h"
#include "tests/plugin/harness.h"
#include "tests/support/onnx_writer.h"

namespace cnn::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// The means of red, green and blue, and "dark" = 1 - red beside "light" = red.
std::string two_headed_model() {
  const std::string path = scratch_file("heads.onnx");
  OnnxWriter()
      .input("x", {1, 3, 8, 8})
      .weights("w", {3, 2}, {-1, 1, 0, 0, 0, 0})
      .weights("b", {2}, {1, 0})
      .node("GlobalAveragePool", {"x"}, {"pooled"})
      .node("Flatten", {"pooled"}, {"colour"})
      .node("Gemm", {"colour", "w", "b"}, {"light"})
      .output("colour")
      .output("light")
      .metadata("cnn.heads", R"([{"output_tensor":"colour","labels":["red","green","blue"],"output":"probabilities"},
                                 {"output_tensor":"light","labels":["dark","bright"],"output":"probabilities"}])")
      .save(path);
  return path;
}

void expect_heads(const std::vector<LabelledHead>& heads, double red) {
  ASSERT_THAT(heads, SizeIs(2));
  EXPECT_EQ(heads[0].name, "colour");
  ASSERT_THAT(heads[0].classes, SizeIs(3));
  EXPECT_EQ(heads[1].name, "light");
  ASSERT_THAT(heads[1].classes, SizeIs(2));
  EXPECT_EQ(heads[1].classes[0].label, red > 0.5 ? "bright" : "dark");
  EXPECT_NEAR(heads[1].classes[0].confidence, std::max(red, 1 - red), 1e-6);
  EXPECT_EQ(heads[1].classes[0].index, red > 0.5 ? 1 : 0);
}

TEST(Heads, AreOnTheFrameInTheMessageAndOnObjects) {
  ClassifyHarness classify("model-file=" + two_headed_model() + " regions=both post-messages=results");
  classify.set_size(16, 16);
  for (const auto& [index, red] : {std::pair{0, 204}, std::pair{1, 51}}) {
    gst_harness_push(classify.get(), detected(solid_frame(16, 16, index, red, 0, 0), {{"car", 0, 0, 8, 8, 5}}));
    const auto frame = classify.pull();
    ASSERT_TRUE(frame);
    ClassificationMeta meta;
    ASSERT_TRUE(read_classification(frame.get(), meta));
    expect_heads(meta.heads, red / 255.);
    EXPECT_EQ(meta.classes[0].label, meta.heads[0].classes[0].label);
    ASSERT_THAT(meta.objects, SizeIs(1));
    expect_heads(meta.objects[0].heads, red / 255.);
  }
}

TEST(Heads, AreAbsentFromWhatAnOrdinaryModelSays) {
  ClassifyHarness classify("");
  classify.set_size(8, 8);
  classify.push(12);
  const auto frame = classify.pull();
  const GstStructure* structure =
      gst_custom_meta_get_structure(gst_buffer_get_custom_meta(frame.get(), kClassificationMeta));
  EXPECT_FALSE(gst_structure_has_field(structure, "heads"));
}

TEST(Heads, ComeWithMessages) {
  start_gstreamer();
  ClassificationMeta meta;
  meta.classes = {{"red", 0.8, 0}};
  meta.heads = {{"colour", meta.classes}, {"light", {{"bright", 0.8, 1}}}};
  const Owned<GstElement> source(GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make("identity", nullptr))));
  const Owned<GstMessage> message(classification_message(source.get(), {}, meta));
  const GValue* heads = gst_structure_get_value(gst_message_get_structure(message.get()), "heads");
  ASSERT_TRUE(heads);
  const GstStructure* second = gst_value_get_structure(gst_value_array_get_value(heads, 1));
  EXPECT_STREQ(gst_structure_get_string(second, "name"), "light");
  EXPECT_STREQ(g_value_get_string(gst_value_array_get_value(gst_structure_get_value(second, "labels"), 0)), "bright");
}

TEST(Heads, OfForeignHandsAreReadWithoutTrust) {
  start_gstreamer();
  const Owned<GstBuffer> buffer(gst_buffer_new());
  ClassificationMeta meta;
  meta.heads = {{"colour", {{"red", 0.8, 0}}}};
  attach_classification(buffer.get(), meta);
  GstStructure* structure =
      gst_custom_meta_get_structure(gst_buffer_get_custom_meta(buffer.get(), kClassificationMeta));
  gst_structure_set(structure, "heads", G_TYPE_INT, 3, nullptr);
  ASSERT_TRUE(read_classification(buffer.get(), meta));
  EXPECT_THAT(meta.heads, IsEmpty());
}

TEST(Heads, HaveARowEachBelowTheMainClasses) {
  ClassificationMeta meta;
  meta.classes = {{"red", 0.8, 0}, {"green", 0.2, 1}};
  meta.heads = {{"colour", meta.classes}, {"light", {{"bright", 0.75, 1}, {"dark", 0.25, 0}}}, {"none", {}}};
  EXPECT_THAT(rows_of(meta, 1), ElementsAre(PanelRow{"red", 80}, PanelRow{"light: bright", 75}));
  ClassifiedObject object;
  object.classes = meta.classes;
  object.heads = meta.heads;
  EXPECT_THAT(rows_of(object), ElementsAre(PanelRow{"red, bright", 80}));
}

}  // namespace
}  // namespace cnn::test
