// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "engine/classifier.h"
#include "engine/vision/preprocess.h"
#include "tests/support/onnx_writer.h"
#include "tests/vision/temporary_folder.h"

namespace cnn {
namespace {

/// A picture of one colour channel: 0 red, 1 green, 2 blue.
struct Primary {
  explicit Primary(size_t channel) {
    for (size_t i = channel; i < bytes.size(); i += 3) bytes[i] = 255;
    view.width = view.height = 4;
    view.planes[0] = bytes.data();
    view.strides[0] = 12;
  }
  std::array<uint8_t, 48> bytes{};
  ImageView view;
};

/// A network whose scores are the mean values of red, green and blue.
std::unique_ptr<Classifier> mean_color(const std::string& path, int slots, int max_batch) {
  test::OnnxWriter w;
  w.input("x", {-1, 3, 4, 4});
  w.node("GlobalAveragePool", {"x"}, {"pool"});
  w.node("Flatten", {"pool"}, {"scores"});
  w.output("scores");
  w.save(path);
  ClassifierOptions options;
  options.threads = 1;
  options.slots = slots;
  options.max_batch = max_batch;
  auto opened = Classifier::open(path, options);
  EXPECT_TRUE(opened.ok()) << (opened.ok() ? "" : opened.error().what);
  return opened.ok() ? std::move(*opened) : nullptr;
}

int best_of(const Classifier& classifier, int slot) {
  Classification result;
  classifier.read(slot, 1, 0, result);
  return result.classes.empty() ? -1 : result.classes[0].index;
}

TEST(ClassifierSlots, RunsAnyNeighbouringSlots) {
  test::TemporaryFolder folder;
  auto classifier = mean_color(folder / "net.onnx", 6, 3);
  ASSERT_TRUE(classifier);
  EXPECT_EQ(classifier->slots(), 6);
  for (int slot = 0; slot < 6; ++slot) {
    const Primary picture(static_cast<size_t>(slot % 3));
    ASSERT_TRUE(classifier->stage(slot, picture.view).ok());
  }
  for (int first : {0, 3, 2, 5, 1}) {
    const int count = std::min(3, 6 - first);
    EXPECT_TRUE(classifier->run(first, count));
    for (int slot = first; slot < first + count; ++slot) EXPECT_EQ(best_of(*classifier, slot), slot % 3) << first;
  }
}

TEST(ClassifierSlots, KeepTheirResultsWhileOthersAreComputed) {
  test::TemporaryFolder folder;
  auto classifier = mean_color(folder / "net.onnx", 6, 2);
  ASSERT_TRUE(classifier);
  for (int slot = 0; slot < 6; ++slot) {
    const Primary picture(static_cast<size_t>(slot % 3));
    ASSERT_TRUE(classifier->stage(slot, picture.view).ok());
    if (slot % 2 == 0) continue;
    EXPECT_TRUE(classifier->run(slot - 1, 2));
  }
  for (int slot = 0; slot < 6; ++slot) EXPECT_EQ(best_of(*classifier, slot), slot % 3);
  const Primary blue(2);
  ASSERT_TRUE(classifier->stage(0, blue.view).ok());
  EXPECT_EQ(best_of(*classifier, 0), 0) << "it was only staged";
  EXPECT_TRUE(classifier->run(0, 1));
  EXPECT_EQ(best_of(*classifier, 0), 2);
  EXPECT_EQ(best_of(*classifier, 1), 1);
}

TEST(ClassifierSlots, AStreamsOwnTablesGiveTheSameAsTheSlots) {
  test::TemporaryFolder folder;
  auto classifier = mean_color(folder / "net.onnx", 2, 1);
  ASSERT_TRUE(classifier);
  auto preprocessor = classifier->make_preprocessor();
  ASSERT_TRUE(preprocessor.ok());
  const Primary green(1), blue(2);
  ASSERT_TRUE(classifier->stage(1, green.view, **preprocessor).ok());
  ASSERT_TRUE(classifier->stage(0, blue.view, **preprocessor).ok());
  EXPECT_TRUE(classifier->run(1, 1));
  EXPECT_EQ(best_of(*classifier, 1), 1);
  EXPECT_TRUE(classifier->run(0, 1));
  EXPECT_EQ(best_of(*classifier, 0), 2);
  EXPECT_FALSE(classifier->stage(2, green.view, **preprocessor).ok());
}

}  // namespace
}  // namespace cnn
