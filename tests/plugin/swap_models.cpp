// SPDX-License-Identifier: MIT
// Another model for a stream that runs, with real models and files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "tests/plugin/harness.h"
#include "tests/support/onnx_writer.h"
#include "tests/support/test_data.h"

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

TEST(SwapModels, MayHaveOtherInputSizesClassesAndLabels) {
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

/// Plays without end; the label of each result and the order of the frames are looked at where they arrive.
class Player {
 public:
  explicit Player(const std::string& properties) {
    start_gstreamer();
    pipeline_.reset(GST_ELEMENT(gst_object_ref_sink(gst_parse_launch(
        ("videotestsrc name=source ! video/x-raw,format=NV12,width=64,height=48,framerate=25/1 ! cnnclassify name=c "
         "batch-size=1 top-k=3 " +
         properties + " ! fakesink name=sink signal-handoffs=true sync=false")
            .c_str(),
        nullptr))));
    classifier_.reset(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "c"));
    source_.reset(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "source"));
    const Owned<GstElement> sink(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "sink"));
    g_signal_connect(sink.get(), "handoff", G_CALLBACK(+[](GstElement*, GstBuffer* frame, GstPad*, gpointer self) {
                       static_cast<Player*>(self)->look_at(frame);
                     }),
                     this);
    bus_.reset(GST_OBJECT(gst_element_get_bus(pipeline_.get())));
  }
  ~Player() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }

  GstBus* bus() { return GST_BUS(bus_.get()); }
  void set(const std::string& model, const std::string& labels) {
    g_object_set(classifier_.get(), "model-file", model.c_str(), "labels-file", labels.c_str(), nullptr);
  }
  void play() { gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING); }
  /// Ends the stream; the statistics.
  Owned<GstStructure> finish() {
    gst_element_send_event(source_.get(), gst_event_new_eos());
    wait_for(bus(), GST_MESSAGE_EOS);
    GstStructure* stats = nullptr;
    g_object_get(classifier_.get(), "stats", &stats, nullptr);
    return Owned<GstStructure>(stats);
  }
  guint64 frames() const { return next_; }
  std::string fault() const { return fault_; }

 private:
  /// Labels are "squeezenet 17", class 17 of a model whose name begins like that.
  void look_at(GstBuffer* frame) {
    ClassificationMeta meta;
    if (GST_BUFFER_OFFSET(frame) != next_) complain("is not frame " + std::to_string(next_));
    ++next_;
    if (!read_classification(frame, meta) || !meta.inferred || meta.classes.size() != 3)
      return complain("has no result");
    for (const LabelledClass& c : meta.classes) {
      const std::string name = c.label.substr(0, c.label.find(' '));
      if (!meta.model.starts_with(name)) complain("has label " + c.label + " by " + meta.model);
      if (c.label != name + " " + std::to_string(c.index)) complain("has label " + c.label + " for another class");
    }
  }
  void complain(const std::string& what) {
    if (fault_.empty()) fault_ = "frame " + std::to_string(next_) + " " + what;
  }

  Owned<GstElement> pipeline_, classifier_, source_;
  Owned<GstObject> bus_;
  guint64 next_ = 0;   ///< the sink's thread, until the end of the stream
  std::string fault_;  ///< the same
};

TEST(SwapModels, AHundredTimesWhilePlaying) {
  CNN_TEST_DATA_OR_SKIP(squeezenet, "models/squeezenet1.1-7_rebuilt.onnx");
  CNN_TEST_DATA_OR_SKIP(mobilenet, "models/mobilenet_v2_1.0_224_dequant.onnx");
  const std::string files[] = {squeezenet, mobilenet};
  const std::string labels[] = {labels_file("squeezenet", 1000), labels_file("mobilenet", 1001)};
  Player player("");
  player.set(files[0], labels[0]);
  player.play();
  for (int swap = 1; swap <= 100; ++swap) {
    player.set(files[swap % 2], labels[swap % 2]);
    for (bool changed = false; !changed;) {
      const auto message =
          wait_for(player.bus(), static_cast<GstMessageType>(GST_MESSAGE_ELEMENT | GST_MESSAGE_WARNING));
      ASSERT_TRUE(message) << "no answer to swap " << swap;
      ASSERT_EQ(GST_MESSAGE_TYPE(message.get()), GST_MESSAGE_ELEMENT) << swap;
      const GstStructure* told = gst_message_get_structure(message.get());
      if (!gst_structure_has_name(told, "cnnclassify-model-changed")) continue;
      EXPECT_EQ(gst_structure_get_string(told, "new-model-file"), files[swap % 2]);
      changed = true;
    }
  }
  const auto stats = player.finish();
  guint64 in = 0, out = 0, changes = 0, inferred = 0;
  gst_structure_get(stats.get(), "frames-in", G_TYPE_UINT64, &in, "frames-out", G_TYPE_UINT64, &out, "model-changes",
                    G_TYPE_UINT64, &changes, "inferred", G_TYPE_UINT64, &inferred, nullptr);
  EXPECT_EQ(player.fault(), "");
  EXPECT_EQ(changes, 100u);
  EXPECT_EQ(in, out);
  EXPECT_EQ(in, player.frames());
  EXPECT_EQ(inferred, in);
  EXPECT_GE(in, 100u);
}

}  // namespace
}  // namespace cnn::test
