// SPDX-License-Identifier: MIT
// Another model for a stream that runs, with stub engines.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/plugin/harness.h"
#include "tests/plugin/stream.h"

namespace cnn::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SwapTest : public ::testing::Test {
 protected:
  SwapTest() { world.control.common_below = 0; }

  /// "1:a 2:b": the frames that left, with the labels of their own results; "1:-" without one.
  static std::string labels(Stream& stream) {
    std::string text;
    for (const Left& left : stream.left()) {
      if (left.index < 0) continue;
      EXPECT_EQ(left.label, left.model) << left.index;
      text += (text.empty() ? "" : " ") + std::to_string(left.index) + ":" + (left.inferred ? left.label : "-");
    }
    return text;
  }
  static void push(Stream& stream, int first, int last) {
    for (int i = first; i <= last; ++i) EXPECT_EQ(stream.push(i), GST_FLOW_OK);
  }
  static Owned<GstStructure> change(Stream& stream) {
    while (Owned<GstMessage> message{stream.pop_message(GST_MESSAGE_ELEMENT)}) {
      const GstStructure* structure = gst_message_get_structure(message.get());
      if (gst_structure_has_name(structure, "cnnclassify-model-changed"))
        return Owned<GstStructure>(gst_structure_copy(structure));
    }
    return nullptr;
  }
  static std::string warning(Stream& stream) {
    const Owned<GstMessage> message(stream.pop_message(GST_MESSAGE_WARNING));
    if (!message) return "";
    GError* reason = nullptr;
    gst_message_parse_warning(message.get(), &reason, nullptr);
    const std::string text =
        std::string(g_quark_to_string(reason->domain)) + "/" + std::to_string(reason->code) + ": " + reason->message;
    g_error_free(reason);
    return text;
  }
  /// Sets the model and returns when it only waits for a frame, or has been refused.
  static void swap(Stream& stream, const std::string& model) {
    stream.set_model(model);
    while (stream.text("swap") == "loading") std::this_thread::yield();
  }

  StubWorld world{true};
};

TEST_F(SwapTest, HappensBetweenTwoFrames) {
  Stream stream("batch-size=1");
  push(stream, 1, 2);
  swap(stream, "new");
  EXPECT_EQ(stream.text("model"), "stub");
  push(stream, 3, 4);
  stream.drain();
  EXPECT_EQ(labels(stream), "1:stub 2:stub 3:new 4:new");
  EXPECT_EQ(stream.text("model"), "new");
  EXPECT_EQ(stream.text("model-file"), "new");
  EXPECT_EQ(stream.stat("model-changes"), 1u);
}

TEST_F(SwapTest, ClosesTheBatchOfTheOldModel) {
  Stream stream("batch-size=4");
  push(stream, 1, 2);
  swap(stream, "new");
  push(stream, 3, 6);
  EXPECT_EQ(labels(stream), "1:stub 2:stub 3:new 4:new 5:new 6:new");
  EXPECT_THAT(world.control.done(),
              ElementsAre(ElementsAre(0), ElementsAre(0), ElementsAre(1, 2), ElementsAre(3, 4, 5, 6)));
}

TEST_F(SwapTest, KeepsTheOrderWhileTheOldModelStillComputes) {
  Stream other("batch-size=2"), stream("batch-size=2");
  world.control.gated_model = "stub";
  world.control.gate(true);
  std::thread pusher([&] { stream.push(1); });
  world.control.wait_until_running();
  pusher.join();
  swap(stream, "new");
  push(stream, 2, 3);
  while (world.control.done().size() < 3) std::this_thread::yield();  // two self-tests, and 2 and 3 by the new model
  EXPECT_EQ(labels(stream), "");
  world.control.gate(false);
  stream.wait_for_frames(3);
  EXPECT_EQ(labels(stream), "1:stub 2:new 3:new");
}

TEST_F(SwapTest, IsToldOnTheBus) {
  Stream stream("batch-size=1");
  push(stream, 1, 2);
  swap(stream, "new");
  EXPECT_FALSE(change(stream));
  push(stream, 3, 3);
  const auto told = change(stream);
  ASSERT_TRUE(told);
  EXPECT_STREQ(gst_structure_get_string(told.get(), "old-model"), "stub");
  EXPECT_STREQ(gst_structure_get_string(told.get(), "new-model"), "new");
  EXPECT_STREQ(gst_structure_get_string(told.get(), "old-model-file"), "stub");
  EXPECT_STREQ(gst_structure_get_string(told.get(), "new-model-file"), "new");
  guint64 timestamp = 0, running = 0;
  EXPECT_TRUE(gst_structure_get_uint64(told.get(), "timestamp", &timestamp));
  EXPECT_TRUE(gst_structure_get_uint64(told.get(), "running-time", &running));
  EXPECT_EQ(timestamp, 120 * GST_MSECOND);
  EXPECT_EQ(running, 120 * GST_MSECOND);
  EXPECT_FALSE(gst_structure_has_field(told.get(), "agreement"));
  EXPECT_FALSE(change(stream));
  EXPECT_EQ(warning(stream), "");
}

TEST_F(SwapTest, TakesTheNewestOfSeveral) {
  Stream stream("batch-size=1");
  world.control.gate_opening(true);
  stream.set_model("first");
  world.control.wait_until_opening();
  stream.set_model("second");
  stream.set_model("third");
  push(stream, 1, 1);
  world.control.gate_opening(false);
  stream.wait_for_swap("ready");
  swap(stream, "fourth");  // the third was ready
  push(stream, 2, 2);
  EXPECT_EQ(labels(stream), "1:stub 2:fourth");
  EXPECT_EQ(stream.stat("model-changes"), 1u);
  EXPECT_EQ(warning(stream), "");
  gchar* wanted = nullptr;
  g_object_get(stream.element(), "model-file", &wanted, nullptr);
  EXPECT_STREQ(wanted, "fourth");
  g_free(wanted);
}

TEST_F(SwapTest, GoesBackWithoutCompilingAgain) {
  Stream stream("batch-size=1");
  for (int i = 0; i < 10; ++i) {
    push(stream, i, i);
    swap(stream, i % 2 == 0 ? "new" : "stub");
  }
  EXPECT_EQ(labels(stream), "0:stub 1:new 2:stub 3:new 4:stub 5:new 6:stub 7:new 8:stub 9:new");
  EXPECT_EQ(world.control.opened, 2);
}

TEST_F(SwapTest, LeavesOthersAtTheOldService) {
  Stream stays("batch-size=1"), changes("batch-size=1");
  push(stays, 1, 1);
  swap(changes, "new");
  push(changes, 1, 1);
  push(stays, 2, 2);
  stays.drain();
  changes.drain();
  EXPECT_EQ(labels(stays), "1:stub 2:stub");
  EXPECT_EQ(labels(changes), "1:new");
  EXPECT_EQ(world.control.opened, 2);
}

TEST_F(SwapTest, WorksWithAnEngineId) {
  Stream stays("batch-size=1 engine-id=gate"), changes("batch-size=1 engine-id=gate");
  swap(changes, "new");
  push(changes, 1, 1);
  push(stays, 1, 1);
  changes.drain();
  stays.drain();
  EXPECT_EQ(warning(changes), "");
  EXPECT_EQ(labels(changes), "1:new");
  EXPECT_EQ(labels(stays), "1:stub");
  swap(changes, "stub");
  EXPECT_EQ(world.control.opened, 2);
}

TEST_F(SwapTest, NeedsTheModelFileToBeSet) {
  Stream stream("batch-size=1");
  g_object_set(stream.element(), "labels-file", "other.txt", "top-k", 3u, nullptr);
  EXPECT_EQ(stream.text("swap"), "idle");
  g_object_set(stream.element(), "model-file", "new", nullptr);
  EXPECT_NE(stream.text("swap"), "idle");
  stream.wait_for_swap("ready");
  push(stream, 1, 1);
  EXPECT_EQ(labels(stream), "1:new");
}

struct Refusal {
  const char* what;
  std::function<void(StubControl&)> make;
  const char* text;
};
class SwapRefusal : public SwapTest, public ::testing::WithParamInterface<Refusal> {};

TEST_P(SwapRefusal, KeepsTheOldModelAndWarns) {
  Stream stream("batch-size=1");
  GetParam().make(world.control);
  push(stream, 1, 1);
  swap(stream, "new");
  stream.wait_for_swap("idle");
  while (stream.stat("model-rollbacks") == 0) std::this_thread::yield();
  push(stream, 2, 3);
  EXPECT_EQ(labels(stream), "1:stub 2:stub 3:stub");
  GstMessage* message = nullptr;
  while (!(message = stream.pop_message(GST_MESSAGE_WARNING))) std::this_thread::yield();
  GError* reason = nullptr;
  gst_message_parse_warning(message, &reason, nullptr);
  EXPECT_THAT(reason->message,
              AllOf(HasSubstr("new is not taken"), HasSubstr("stub stays"), HasSubstr(GetParam().text)));
  g_error_free(reason);
  gst_message_unref(message);
  EXPECT_FALSE(change(stream));
  EXPECT_FALSE(stream.pop_message(GST_MESSAGE_ERROR));
  EXPECT_EQ(stream.stat("model-changes"), 0u);
  EXPECT_EQ(stream.stat("model-rollbacks"), 1u);
  swap(stream, "good");
  push(stream, 4, 4);
  EXPECT_EQ(stream.left().back().label, "good");
}

INSTANTIATE_TEST_SUITE_P(
    Of, SwapRefusal,
    ::testing::Values(Refusal{"MissingFile", [](StubControl& c) { c.missing.insert("new"); }, "No such file"},
                      Refusal{"ModelTooLarge", [](StubControl& c) { c.too_large.insert("new"); }, "out of memory"},
                      Refusal{"ModelWithoutNumbers", [](StubControl& c) { c.unsound["new"] = {0}; }, "nan"}),
    [](const auto& info) { return info.param.what; });

/// Both models answer "value" below 3.
class SwapShadow : public SwapTest {
 protected:
  SwapShadow() { world.control.common_below = 3; }
  static double agreement(Stream& stream) {
    GstStructure* stats = nullptr;
    g_object_get(stream.element(), "stats", &stats, nullptr);
    double value = -1;
    gst_structure_get_double(stats, "shadow-agreement", &value);
    gst_structure_free(stats);
    return value;
  }
  static std::vector<std::string> models(Stream& stream) {
    std::vector<std::string> models;
    for (const Left& left : stream.left())
      if (left.index >= 0) models.push_back(left.model);
    return models;
  }
};

TEST_F(SwapShadow, ComparesTheLabelsOfBothModels) {
  Stream stream("batch-size=1 shadow-frames=4");
  swap(stream, "new");
  EXPECT_EQ(stream.text("swap"), "shadow");
  push(stream, 0, 1);
  EXPECT_EQ(stream.text("swap"), "shadow");
  push(stream, 2, 3);
  EXPECT_FALSE(change(stream));
  push(stream, 4, 4);
  const auto told = change(stream);
  ASSERT_TRUE(told);
  double told_agreement = 0;
  guint64 frames = 0;
  EXPECT_TRUE(gst_structure_get_double(told.get(), "agreement", &told_agreement));
  EXPECT_TRUE(gst_structure_get_uint64(told.get(), "shadow-frames", &frames));
  EXPECT_EQ(told_agreement, 0.75);
  EXPECT_EQ(frames, 4u);
  EXPECT_EQ(agreement(stream), 0.75);
  EXPECT_EQ(stream.stat("shadow-frames"), 4u);
  EXPECT_THAT(models(stream), ElementsAre("stub", "stub", "stub", "stub", "new"));
  EXPECT_EQ(stream.stat("inferred"), 5u);
}

TEST_F(SwapShadow, KeepsTheOldModelWhereTheyDisagree) {
  Stream stream("batch-size=1 shadow-frames=4 swap-min-agreement=0.8");
  swap(stream, "new");
  push(stream, 0, 5);
  EXPECT_THAT(warning(stream), AllOf(HasSubstr("0.75 of 4 frames"), HasSubstr("0.8")));
  EXPECT_THAT(models(stream), ::testing::Each("stub"));
  EXPECT_EQ(stream.text("swap"), "idle");
  EXPECT_EQ(agreement(stream), 0.75);
}

TEST_F(SwapShadow, KeepsTheOldModelWhereTheNewOneFails) {
  Stream stream("batch-size=1 shadow-frames=4");
  world.control.unsound["new"] = {2};
  swap(stream, "new");
  push(stream, 0, 5);
  EXPECT_THAT(warning(stream), HasSubstr("nan"));
  EXPECT_THAT(models(stream), ::testing::Each("stub"));
}

TEST_F(SwapShadow, GoesOnAfterAFlush) {
  Stream stream("batch-size=1 shadow-frames=4");
  swap(stream, "new");
  push(stream, 0, 1);
  stream.flush();
  push(stream, 2, 4);
  EXPECT_EQ(stream.left().back().model, "new");
}

class SwapEnds : public SwapTest {
 protected:
  /// The state changes while a model is being opened.
  void end_while_loading(const std::function<void(Stream&)>& end) {
    {
      Stream stream("batch-size=1");
      push(stream, 1, 1);
      world.control.gate_opening(true);
      stream.set_model("new");
      world.control.wait_until_opening();
      std::thread ending([&] { end(stream); });
      world.control.gate_opening(false);
      ending.join();
      EXPECT_EQ(warning(stream), "");
    }
    world.cache.reset();
    EXPECT_EQ(world.control.alive, 0);
  }
};

TEST_F(SwapEnds, WithReady) {
  end_while_loading([](Stream& stream) {
    stream.cycle();
    EXPECT_EQ(stream.text("model"), "new");
    EXPECT_EQ(stream.stat("model-changes"), 0u);
    push(stream, 2, 2);
  });
}

TEST_F(SwapEnds, WithNull) {
  end_while_loading([](Stream& stream) { gst_element_set_state(stream.element(), GST_STATE_NULL); });
}

TEST_F(SwapEnds, WithEos) {
  end_while_loading([](Stream& stream) {
    stream.push_event(gst_event_new_eos());
    stream.drain();
    EXPECT_EQ(stream.left().back().event, "eos");
  });
}

TEST_F(SwapEnds, NotWithAFlush) {
  end_while_loading([](Stream& stream) {
    stream.flush();
    stream.wait_for_swap("ready");
    push(stream, 2, 2);
    EXPECT_EQ(labels(stream), "1:stub 2:new");
  });
}

TEST_F(SwapEnds, WithReadyWhileAModelIsReady) {
  end_while_loading([](Stream& stream) {
    stream.wait_for_swap("ready");
    gst_element_set_state(stream.element(), GST_STATE_READY);
    EXPECT_EQ(stream.text("swap"), "idle");
  });
}

TEST_F(SwapTest, SurvivesRequestsFromAllSides) {
  Stream stream("live-policy=all"), other;
  std::atomic<bool> over{false};
  std::thread asking([&] {
    for (int i = 0; i < 300; ++i) stream.set_model("model-" + std::to_string(i % 3));
    over = true;
  });
  std::thread looking([&] {
    while (!over) stream.stat("inferred");
  });
  int frames = 0;
  for (; !over || frames < 1000; ++frames) stream.push(frames % 256);
  asking.join();
  looking.join();
  while (stream.text("swap") == "loading") std::this_thread::yield();
  stream.push(frames % 256);
  stream.drain();
  EXPECT_EQ(stream.stat("frames-out"), static_cast<guint64>(frames) + 1);
  int next = 0;
  for (const Left& left : stream.left()) {
    if (left.index < 0) continue;
    ASSERT_EQ(left.index, next % 256);
    ASSERT_EQ(left.result, left.index);
    ASSERT_EQ(left.label, left.model);
    ++next;
  }
  EXPECT_EQ(stream.left().back().model, "model-2");
}

}  // namespace
}  // namespace cnn::test
