// SPDX-License-Identifier: MIT
// A new model that is not taken, or that is compared before it is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "tests/plugin/swap_stream.h"

namespace cnn::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

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
  EXPECT_THAT(stream.pop_warning(), AllOf(HasSubstr("0.75 of 4 frames"), HasSubstr("0.8")));
  EXPECT_THAT(models(stream), ::testing::Each("stub"));
  EXPECT_EQ(stream.text("swap"), "idle");
  EXPECT_EQ(agreement(stream), 0.75);
}

TEST_F(SwapShadow, KeepsTheOldModelWhereTheNewOneFails) {
  Stream stream("batch-size=1 shadow-frames=4");
  world.control.unsound["new"] = {2};
  swap(stream, "new");
  push(stream, 0, 5);
  EXPECT_THAT(stream.pop_warning(), HasSubstr("nan"));
  EXPECT_THAT(models(stream), ::testing::Each("stub"));
}

TEST_F(SwapTest, KeepsTheOldModelWhereTheNewOneTakesNoPictures) {
  Stream stream("batch-size=1");
  world.control.listening["new"] = {96, 64};
  swap(stream, "new");
  push(stream, 0, 1);
  EXPECT_THAT(stream.pop_warning(), HasSubstr("takes spectrograms of 96x64, but the stream brings pictures"));
  EXPECT_EQ(labels(stream), "0:stub 1:stub");
  EXPECT_EQ(stream.text("swap"), "idle");
}

TEST_F(SwapTest, KeepsTheOldModelWhereTheNewOneTakesOtherSpectrograms) {
  world.control.listening = {{"stub", {96, 64}}, {"same", {96, 64}}, {"other", {96, 128}}};
  Stream stream("batch-size=1");
  swap(stream, "other");
  push(stream, 0, 0);
  EXPECT_THAT(stream.pop_warning(), HasSubstr("takes spectrograms of 96x128, but the stream brings spectrograms of 96x64"));
  swap(stream, "same");
  push(stream, 1, 1);
  EXPECT_EQ(labels(stream), "0:stub 1:same");
}

TEST_F(SwapShadow, GoesOnAfterAFlush) {
  Stream stream("batch-size=1 shadow-frames=4");
  swap(stream, "new");
  push(stream, 0, 1);
  stream.flush();
  push(stream, 2, 4);
  EXPECT_EQ(stream.left().back().model, "new");
}

}  // namespace
}  // namespace cnn::test
