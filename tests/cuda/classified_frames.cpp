// SPDX-License-Identifier: MIT
// A Classifier whose device (simulated_module.cpp) preprocesses frames, from the backend's loading on.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "engine/classifier.h"
#include "engine/vision/frame_intake.h"
#include "engine/vision/preprocess.h"

namespace cnn {
namespace {

void let_device_fail(bool on) {
  void* module = dlopen(std::getenv("CNN_CUDA_MODULE"), RTLD_NOW | RTLD_NOLOAD);
  ASSERT_TRUE(module) << "the module is not in use";
  reinterpret_cast<void (*)(bool)>(dlsym(module, "cnn_simulated_fail"))(on);
  dlclose(module);
}

class ClassifiedFrames : public testing::Test {
 protected:
  void open(const std::string& device) {
    ClassifierOptions options;
    options.device = device;
    options.precision = Precision::Fp32;
    options.threads = 1;
    options.max_batch = 2;
    options.slots = 4;
    options.device_slots = 6;
    options.device_frames = true;
    auto opened = Classifier::open(std::string(CNN_SOURCE_ROOT) + "/models/everyday.onnx", options);
    ASSERT_TRUE(opened) << opened.error().what;
    classifier = std::move(*opened);
    preprocessor = std::move(*classifier->make_preprocessor());
    intake = std::move(*classifier->make_intake());
  }
  ~ClassifiedFrames() override {
    if (classifier) let_device_fail(false);
  }

  static constexpr int width = 75, height = 56;
  /// NV12 whose content depends on `seed`, in memory of the device's liking.
  Frame frame(int seed) {
    const size_t luma = size_t{width} * height, chroma = size_t{width + 1} * (height / 2);
    memory.push_back(classifier->frame_slots()->host_memory(luma + chroma));
    auto* bytes = reinterpret_cast<uint8_t*>(memory.back().get());
    for (size_t i = 0; i < luma + chroma; ++i)
      bytes[i] = static_cast<uint8_t>(i / (90 + static_cast<size_t>(seed)) * 37 + i % 11 * static_cast<size_t>(seed));
    Frame frame;
    frame.memory = FrameMemory::Pinned;
    frame.image.format = PixelFormat::Nv12;
    frame.image.width = width;
    frame.image.height = height;
    frame.image.planes = {bytes, bytes + luma, nullptr};
    frame.image.strides = {width, width + 1, 0};
    frame.on_host = [this, image = frame.image, owner = std::weak_ptr(memory.back())]() -> Result<HostImage> {
      ++asked;
      return HostImage{image, owner.lock()};
    };
    return frame;
  }
  std::vector<float> scores(int slot) {
    std::vector<float> values;
    classifier->read_scores(slot, values);
    return values;
  }
  void expect_alike(const std::vector<float>& actual, const std::vector<float>& expected, double tolerance) {
    ASSERT_EQ(actual.size(), expected.size());
    for (size_t i = 0; i < actual.size(); ++i) ASSERT_NEAR(actual[i], expected[i], tolerance) << "class " << i;
  }

  std::unique_ptr<Classifier> classifier;
  std::unique_ptr<Preprocessor> preprocessor;
  std::unique_ptr<FrameIntake> intake;
  std::vector<std::shared_ptr<std::byte>> memory;
  int asked = 0;
};

/// Logits are some ten in size; pixels may be 1 of 255 apart.
constexpr double tolerance = 0.05;

TEST_F(ClassifiedFrames, HaveTheScoresOfTheCpusPreprocessing) {
  open("cuda");
  ASSERT_TRUE(intake);
  for (int first : {0, 2}) {
    const Frame seen = frame(first + 1);
    ASSERT_TRUE(intake->takes(seen));
    ASSERT_TRUE(classifier->stage(first, seen, *preprocessor, intake.get()));
    ASSERT_TRUE(classifier->stage(first + 1, seen.image, *preprocessor));
    ASSERT_TRUE(classifier->run(first, 2));
    expect_alike(scores(first), scores(first + 1), tolerance);
    EXPECT_NE(scores(first), scores(first + 1)) << "it was preprocessed by the CPU";
  }
  EXPECT_EQ(asked, 0);
  // A slot forgets: it is the host's again.
  ASSERT_TRUE(classifier->stage(0, frame(5), *preprocessor, intake.get()));
  ASSERT_TRUE(classifier->stage(0, frame(6).image, *preprocessor));
  ASSERT_TRUE(classifier->stage(1, frame(6).image, *preprocessor));
  ASSERT_TRUE(classifier->run(0, 2));
  EXPECT_EQ(scores(0), scores(1));
}

TEST_F(ClassifiedFrames, HaveMoreSlotsOnADevice) {
  open("cpu");
  EXPECT_EQ(classifier->slots(), 4);
  open("cuda");
  EXPECT_EQ(classifier->slots(), 6);
  ASSERT_TRUE(classifier->stage(0, frame(1), *preprocessor, intake.get()));
  ASSERT_TRUE(classifier->run(0, 1));
  const auto first = scores(0);
  ASSERT_TRUE(classifier->stage(5, frame(2), *preprocessor, intake.get()));
  ASSERT_TRUE(classifier->run(5, 1));
  EXPECT_EQ(scores(0), first);
  EXPECT_NE(scores(5), first);
}

TEST_F(ClassifiedFrames, AreComputedByTheCpuWhenTheDeviceFails) {
  open("auto");
  ASSERT_EQ(classifier->device(), "cuda:0");
  ASSERT_TRUE(classifier->stage(0, frame(1), *preprocessor, intake.get()));
  ASSERT_TRUE(classifier->stage(1, frame(2), *preprocessor, intake.get()));
  ASSERT_TRUE(classifier->run(0, 2));
  const auto first = scores(0), second = scores(1);
  ASSERT_TRUE(classifier->stage(2, frame(1), *preprocessor, intake.get()));
  ASSERT_TRUE(classifier->stage(3, frame(2), *preprocessor, intake.get()));
  let_device_fail(true);
  const Status done = classifier->run(2, 2);
  ASSERT_TRUE(done) << done.error().what;
  EXPECT_EQ(classifier->device(), "cpu");
  EXPECT_EQ(asked, 2);
  expect_alike(scores(2), first, tolerance);
  expect_alike(scores(3), second, tolerance);
  // From now on the CPU preprocesses, on the thread that stages.
  EXPECT_FALSE(intake->takes(frame(1)));
  ASSERT_TRUE(classifier->stage(0, frame(1), *preprocessor, intake.get()));
  ASSERT_TRUE(classifier->run(0, 1));
  EXPECT_EQ(asked, 2);
  expect_alike(scores(0), first, tolerance);
}

TEST_F(ClassifiedFrames, ThatAreGoneAreNoReasonToFail) {
  open("auto");
  ASSERT_TRUE(classifier->stage(0, frame(1), *preprocessor, intake.get()));
  ASSERT_TRUE(classifier->stage(1, frame(2), *preprocessor, intake.get()));
  ASSERT_TRUE(classifier->run(0, 2));
  const auto second = scores(1);
  ASSERT_TRUE(classifier->stage(0, frame(1), *preprocessor, intake.get()));
  ASSERT_TRUE(classifier->stage(1, frame(2), *preprocessor, intake.get()));
  memory[2].reset();  // its ticket was dropped
  let_device_fail(true);
  ASSERT_TRUE(classifier->run(0, 2));
  EXPECT_EQ(asked, 2);
  expect_alike(scores(1), second, tolerance);
}

TEST_F(ClassifiedFrames, AreStagedByTheCpuWhenTheDeviceFailsMeanwhile) {
  open("auto");
  const Frame seen = frame(3);
  ASSERT_TRUE(classifier->stage(1, seen, *preprocessor, intake.get()));
  ASSERT_TRUE(classifier->run(1, 1));
  const auto expected = scores(1);
  let_device_fail(true);
  const Status staged = classifier->stage(0, seen, *preprocessor, intake.get());
  ASSERT_TRUE(staged) << staged.error().what;
  ASSERT_TRUE(classifier->run(0, 1));
  expect_alike(scores(0), expected, tolerance);
}

TEST_F(ClassifiedFrames, OfADeviceAreBroughtToACpuThatNeedsThem) {
  open("auto");
  Frame seen = frame(3);
  seen.memory = FrameMemory::Device;
  ASSERT_TRUE(classifier->stage(0, seen, *preprocessor, nullptr));
  EXPECT_EQ(asked, 1);
  seen.on_host = nullptr;
  const Status refused = classifier->stage(0, seen, *preprocessor, nullptr);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Unsupported);
}

}  // namespace
}  // namespace cnn
