// SPDX-License-Identifier: MIT
// Real models take turns while their stream plays.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/plugin/harness.h"
#include "tests/support/test_data.h"

namespace cnn::test {
namespace {

/// A file of `count` labels "NAME 0", "NAME 1", ...
std::string labels_file(const std::string& name, int count) {
  const std::string path = scratch_file(name + ".txt");
  std::ofstream file(path);
  for (int i = 0; i < count; ++i) file << name << ' ' << i << '\n';
  return path;
}

Owned<GstMessage> wait_for(GstBus* bus, GstMessageType type) {
  return Owned<GstMessage>(
      gst_bus_timed_pop_filtered(bus, 60 * GST_SECOND, static_cast<GstMessageType>(type | GST_MESSAGE_ERROR)));
}

/// Plays without end; the label of each result and the order of the frames are looked at where they arrive.
class Player {
 public:
  /// With `own_results` each frame has to have its own.
  Player(bool live, const std::string& properties, bool own_results) : own_results_(own_results) {
    start_gstreamer();
    pipeline_.reset(GST_ELEMENT(gst_object_ref_sink(gst_parse_launch(
        ("videotestsrc name=source is-live=" + std::string(live ? "true" : "false") +
         " ! video/x-raw,format=NV12,width=64,height=48,framerate=100/1 ! cnnclassify name=c top-k=3 " + properties +
         " ! fakesink name=sink signal-handoffs=true sync=false")
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
    const bool has_result = read_classification(frame, meta);
    if (own_results_ ? !has_result || !meta.inferred : !has_result && has_seen_one_) complain("has no result");
    if (!has_result) return;
    has_seen_one_ = true;
    if (meta.classes.size() != 3) complain("has not three classes");
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
  const bool own_results_;
  bool has_seen_one_ = false;
  guint64 next_ = 0;   ///< the sink's thread, until the end of the stream
  std::string fault_;  ///< the same
};

guint64 count_of(const GstStructure* stats, const char* field) {
  guint64 count = 0;
  EXPECT_TRUE(gst_structure_get_uint64(stats, field, &count)) << field;
  return count;
}

/// The file of the model that takes over, or the text of a warning or an error.
std::string next_change(Player& player) {
  while (true) {
    const auto message = wait_for(player.bus(), static_cast<GstMessageType>(GST_MESSAGE_ELEMENT | GST_MESSAGE_WARNING));
    if (!message || GST_MESSAGE_TYPE(message.get()) != GST_MESSAGE_ELEMENT) return "no change of the model";
    const GstStructure* told = gst_message_get_structure(message.get());
    if (gst_structure_has_name(told, "cnnclassify-model-changed"))
      return gst_structure_get_string(told, "new-model-file");
  }
}

void take_turns(Player& player, int swaps) {
  CNN_TEST_DATA_OR_SKIP(squeezenet, "models/squeezenet1.1-7_rebuilt.onnx");
  CNN_TEST_DATA_OR_SKIP(mobilenet, "models/mobilenet_v2_1.0_224_dequant.onnx");
  const std::string files[] = {squeezenet, mobilenet};
  const std::string labels[] = {labels_file("squeezenet", 1000), labels_file("mobilenet", 1001)};
  player.set(files[0], labels[0]);
  player.play();
  for (int swap = 1; swap <= swaps; ++swap) {
    player.set(files[swap % 2], labels[swap % 2]);
    ASSERT_EQ(next_change(player), files[swap % 2]) << swap;
  }
  const auto stats = player.finish();
  EXPECT_EQ(player.fault(), "");
  EXPECT_EQ(count_of(stats.get(), "model-changes"), static_cast<guint64>(swaps));
  EXPECT_EQ(count_of(stats.get(), "frames-in"), player.frames());
  EXPECT_EQ(count_of(stats.get(), "frames-out"), player.frames());
  EXPECT_GE(player.frames(), static_cast<guint64>(swaps));
}

TEST(SwapModels, AHundredTimesInAFile) {
  Player player(false, "batch-size=1", true);
  take_turns(player, 100);
}

TEST(SwapModels, WhileBatchesAreUnderWay) {
  Player player(false, "", true);
  take_turns(player, 30);
}

TEST(SwapModels, InLiveVideoThatWaitsForNothing) {
  Player player(true, "video-delay=none", false);
  take_turns(player, 30);
}

TEST(SwapModels, InLiveVideoThatWaitsForResults) {
  Player player(true, "", false);
  take_turns(player, 30);
}

}  // namespace
}  // namespace cnn::test
