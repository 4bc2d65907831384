// SPDX-License-Identifier: MIT
// What may be in the file of a new model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "tests/plugin/harness.h"
#include "tests/support/onnx_writer.h"

namespace cnn::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

void write_text(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

/// A file of `count` labels "NAME 0", "NAME 1", ...
std::string labels_file(const std::string& name, int count) {
  const std::string path = scratch_file(name + ".txt");
  std::ofstream file(path);
  for (int i = 0; i < count; ++i) file << name << ' ' << i << '\n';
  return path;
}

/// Has 4x4 pixels and a class for each byte of them: another size and another number of classes than the mean colour
/// model.
std::string byte_model() {
  const std::string path = scratch_file("bytes.onnx");
  OnnxWriter()
      .input("x", {1, 3, 4, 4})
      .node("Flatten", {"x"}, {"scores"})
      .output("scores")
      .metadata("cnn.name", "bytes")
      .save(path);
  return path;
}

Owned<GstMessage> wait_for(GstBus* bus, GstMessageType type) {
  return Owned<GstMessage>(
      gst_bus_timed_pop_filtered(bus, 60 * GST_SECOND, static_cast<GstMessageType>(type | GST_MESSAGE_ERROR)));
}

struct Refusal {
  const char* what;
  std::function<void(GObject*)> set;
  std::string domain;
  std::string text;
};

class SwapFile : public ::testing::TestWithParam<Refusal> {};

TEST_P(SwapFile, IsRefusedWithAWarningAndTheStreamGoesOn) {
  ClassifyHarness harness("batch-size=1");
  harness.set_size(16, 16);
  harness.push(20);
  EXPECT_EQ(harness.pull_meta().model, "mean-colour");
  GetParam().set(G_OBJECT(harness.element()));
  const auto message = wait_for(harness.bus(), GST_MESSAGE_WARNING);
  ASSERT_TRUE(message);
  ASSERT_EQ(GST_MESSAGE_TYPE(message.get()), GST_MESSAGE_WARNING);
  GError* reason = nullptr;
  gst_message_parse_warning(message.get(), &reason, nullptr);
  EXPECT_EQ(g_quark_to_string(reason->domain), GetParam().domain);
  EXPECT_THAT(reason->message, AllOf(HasSubstr(GetParam().text), HasSubstr("mean-colour.onnx stays")));
  g_error_free(reason);
  harness.push(20);
  const ClassificationMeta meta = harness.pull_meta();
  EXPECT_EQ(meta.model, "mean-colour");
  EXPECT_EQ(meta.classes.size(), 3u);
  EXPECT_EQ(harness.error(), "");
}

std::string text_file() {
  const std::string path = scratch_file("no-model.onnx");
  write_text(path, "This is a text and no model at all.\n");
  return path;
}

std::string truncated_file() {
  const std::string path = scratch_file("cut.onnx");
  std::filesystem::copy_file(mean_colour_model(), path, std::filesystem::copy_options::overwrite_existing);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  return path;
}

/// Its output is a picture.
std::string filter_file() {
  const std::string path = scratch_file("filter.onnx");
  OnnxWriter().input("x", {1, 3, 8, 8}).node("Relu", {"x"}, {"y"}).output("y").save(path);
  return path;
}

/// Its golden picture gives something else.
std::string wrong_golden_file() {
  const std::string path = scratch_file("golden.onnx");
  std::filesystem::copy_file(mean_colour_model(), path, std::filesystem::copy_options::overwrite_existing);
  write_text(scratch_file("golden.json"),
             R"({"golden":{"width":1,"height":1,"input":"/wAA","output":[0.25,0,0],"tolerance":0.001}})");
  return path;
}

/// Divides by what is 0 in every channel: all scores are infinite or not a number.
std::string infinite_file() {
  const std::string path = scratch_file("infinite.onnx");
  OnnxWriter()
      .input("x", {1, 3, 8, 8})
      .node("Sub", {"x", "x"}, {"zero"})
      .node("Div", {"x", "zero"}, {"quotient"})
      .node("GlobalAveragePool", {"quotient"}, {"pooled"})
      .node("Flatten", {"pooled"}, {"scores"})
      .output("scores")
      .save(path);
  return path;
}

std::function<void(GObject*)> model(std::string (*file)()) {
  return [file](GObject* element) { g_object_set(element, "model-file", file().c_str(), nullptr); };
}

INSTANTIATE_TEST_SUITE_P(
    Of, SwapFile,
    ::testing::Values(
        Refusal{"Missing", [](GObject* e) { g_object_set(e, "model-file", "nowhere.onnx", nullptr); },
                "gst-resource-error-quark", "nowhere.onnx"},
        Refusal{"Text", model(text_file), "gst-stream-error-quark", "no-model.onnx"},
        Refusal{"Truncated", model(truncated_file), "gst-stream-error-quark", "cut.onnx"},
        Refusal{"NoClassifier", model(filter_file), "gst-stream-error-quark", "no output has one score for each class"},
        Refusal{"WrongGolden", model(wrong_golden_file), "gst-stream-error-quark", "golden picture gives"},
        Refusal{"NotFinite", model(infinite_file), "gst-stream-error-quark", "no finite number"},
        Refusal{"MissingLabels",
                [](GObject* e) {
                  g_object_set(e, "model-file", mean_colour_model().c_str(), "labels-file", "nowhere.txt", nullptr);
                },
                "gst-resource-error-quark", "nowhere.txt"},
        Refusal{"WrongLabels",
                [](GObject* e) {
                  g_object_set(e, "labels-file", labels_file("seven", 7).c_str(), "model-file",
                               mean_colour_model().c_str(), nullptr);
                },
                "gst-library-error-quark", "seven.txt has 7 labels but"}),
    [](const auto& test) { return test.param.what; });

/// The name and the labels, as the frames that leave have them after a while.
void push_until(ClassifyHarness& harness, const std::string& model, const std::string& label) {
  for (ClassificationMeta meta; meta.model != model || meta.classes[0].label != label;) {
    harness.push(20);
    meta = harness.pull_meta();
    ASSERT_EQ(meta.classes.size(), meta.model == "bytes" ? 48u : 3u);
  }
}

TEST(SwapFiles, MayHaveOtherInputSizesClassesAndLabels) {
  ClassifyHarness harness("batch-size=1 top-k=100");
  harness.set_size(16, 16);
  auto* element = G_OBJECT(harness.element());
  push_until(harness, "mean-colour", "red");
  g_object_set(element, "model-file", byte_model().c_str(), nullptr);
  push_until(harness, "bytes", "class 0");
  // What is set together counts together, in either order.
  g_object_set(element, "model-file", mean_colour_model().c_str(), "labels-file", labels_file("colour", 3).c_str(),
               nullptr);
  push_until(harness, "mean-colour", "colour 0");
  g_object_set(element, "labels-file", labels_file("byte", 48).c_str(), "model-file", byte_model().c_str(), nullptr);
  push_until(harness, "bytes", "byte 0");
  EXPECT_FALSE(Owned<GstMessage>(gst_bus_pop_filtered(harness.bus(), GST_MESSAGE_WARNING)));
}

}  // namespace
}  // namespace cnn::test
