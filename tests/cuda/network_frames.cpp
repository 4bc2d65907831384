// SPDX-License-Identifier: MIT
// A network some of whose images are in slots, into which frames were preprocessed on the (simulated) device, beside
// the same pictures preprocessed by the CPU.
#include <gtest/gtest.h>

#include "engine/onnx/importer.h"
#include "engine/vision/frame_intake.h"
#include "engine/vision/preprocess.h"
#include "tests/cuda/network_run.h"
#include "tests/support/graph_builder.h"
#include "tests/vision/guarded_picture.h"

namespace cnn {
namespace {

using test::GuardedPicture;

/// Two convolutions and a mean: 4 numbers of each image.
Model small_model() {
  test::GraphBuilder graph;
  const auto x = graph.input("x", {1, 3, 12, 10});
  const auto a =
      graph.node("Relu", {graph.node("Conv", {x, graph.weights({6, 3, 3, 3}), graph.weights({6})}, {}, "a")});
  const auto b = graph.node("Conv", {a, graph.weights({4, 6, 3, 3})}, {}, "b");
  return graph.model({graph.node("GlobalAveragePool", {b}, {}, "y")});
}

SessionOptions options_for(Precision precision, int max_batch) {
  SessionOptions options;
  options.precision = precision;
  options.max_batch = max_batch;
  return options;
}

/// Runs pictures through one network, by slots and by the host's memory.
class Frames {
 public:
  static constexpr int slots = 9;

  explicit Frames(Precision precision, const Model& model = small_model())
      : network(std::move(*test::open_simulated(model, options_for(precision, 5)))) {
    const Value& input = network->graph().value(network->graph().inputs[0]);
    format = {PixelElement::Float32, 10, 12, 3, input.layout == Layout::ChannelsLast};
    host.resize(slots * format.bytes() / sizeof(float));
    preprocessing.scale = {0.02f, 0.02f, 0.02f};
    preprocessing.mean = {100, 110, 120};
  }
  void make_slots() {
    auto made = network->make_slots(slots, preprocessing, format);
    ASSERT_TRUE(made && *made);
    intake = std::move(*(*made)->make_intake());
  }
  void to_host(int slot, const ImageView& image) {
    auto* to = reinterpret_cast<std::byte*>(host.data()) + static_cast<size_t>(slot) * format.bytes();
    ASSERT_TRUE(Preprocessor::create(preprocessing, format)->run(image, to));
  }
  void to_slot(int slot, const ImageView& image) {
    Frame frame;
    frame.image = image;
    frame.memory = FrameMemory::Pinned;
    ASSERT_TRUE(intake->takes(frame));
    ASSERT_TRUE(intake->stage(slot, frame));
  }
  /// The numbers of images [first, first + on_device.size()).
  std::vector<float> run(int first, const std::vector<uint8_t>& on_device, bool timed = false) {
    const int batch = static_cast<int>(on_device.size());
    std::vector<float> result(4 * on_device.size(), NAN);
    BatchImages images;
    images.inputs = {reinterpret_cast<const std::byte*>(host.data()) + static_cast<size_t>(first) * format.bytes()};
    images.input_bytes = {format.bytes()};
    images.outputs = {reinterpret_cast<std::byte*>(result.data())};
    images.output_bytes = {4 * sizeof(float)};
    if (intake) images.filled = {first, on_device, {}};
    std::vector<double> seconds(network->layers(batch).size());
    const Status done = timed ? network->run_timed(batch, images, seconds) : network->run(batch, images);
    EXPECT_TRUE(done) << done.error().what;
    return result;
  }

  std::unique_ptr<Network> network;
  InputFormat format;
  Preprocessing preprocessing;
  std::unique_ptr<FrameIntake> intake;
  std::vector<float> host;
};

void expect_near(const std::vector<float>& actual, const std::vector<float>& expected, double tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i) EXPECT_NEAR(actual[i], expected[i], tolerance) << i;
}

TEST(NetworkFrames, ComeFromSlotsAndFromTheHostInOneBatch) {
  for (const auto& [precision, tolerance] : {std::pair{Precision::Fp32, 2e-3}, {Precision::Fp16, 1e-2}}) {
    Frames frames(precision), all_host(precision);
    frames.make_slots();
    std::vector<GuardedPicture> pictures;
    for (int i = 0; i < Frames::slots; ++i)
      pictures.emplace_back(i % 2 ? PixelFormat::Nv12 : PixelFormat::Rgb, 31 + i, 23, 0, static_cast<unsigned>(i));
    const std::vector<std::vector<uint8_t>> batches{{1}, {0}, {1, 1, 1}, {0, 1, 0, 1, 1}, {1, 0, 0, 0, 1}, {0, 0}};
    size_t round = 0;  // no slot has the same picture twice in a row
    for (int first : {0, 3})
      for (const auto& on_device : batches)
        for (bool timed : {false, true}) {
          ++round;
          std::fill(frames.host.begin(), frames.host.end(), NAN);  // what is in slots must not be read from here
          for (size_t i = 0; i < on_device.size(); ++i) {
            const int slot = first + static_cast<int>(i);
            const ImageView& image = pictures[(static_cast<size_t>(slot) + round) % Frames::slots].view;
            on_device[i] ? frames.to_slot(slot, image) : frames.to_host(slot, image);
            all_host.to_host(slot, image);
          }
          SCOPED_TRACE("from slot " + std::to_string(first) + ", " + std::to_string(on_device.size()) + " images");
          expect_near(frames.run(first, on_device, timed),
                      all_host.run(first, std::vector<uint8_t>(on_device.size(), 0)), tolerance);
        }
  }
}

/// Integers are not what the kernel writes.
TEST(NetworkFrames, HaveNoSlotsInAnInputOfIntegers) {
  test::GraphBuilder graph;
  const auto x = graph.input("x", {1, 3, 12, 10}, DataType::UInt8);
  const Model model = graph.model({graph.node("Cast", {x}, test::attributes({{"to", int64_t{1}}}), "y")});
  auto network = test::open_simulated(model, options_for(Precision::Fp32, 2));
  ASSERT_TRUE(network) << network.error().what;
  const auto slots = (*network)->make_slots(2, {}, {PixelElement::Float32, 10, 12, 3, false});
  ASSERT_TRUE(slots);
  EXPECT_FALSE(*slots);
}

}  // namespace
}  // namespace cnn
