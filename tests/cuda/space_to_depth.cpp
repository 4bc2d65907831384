// SPDX-License-Identifier: MIT
// First convolutions in space-to-depth form on a SimulatedDevice, beside the same network without it.
#include "engine/cuda/space_to_depth.h"

#include <gtest/gtest.h>

#include "engine/vision/frame_intake.h"
#include "engine/vision/preprocess.h"
#include "tests/cuda/network_run.h"
#include "tests/cuda/reference_planner.h"
#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"
#include "tests/vision/guarded_picture.h"

namespace cnn {
namespace {

using cuda::ConvolutionProblem;
using test::attributes;
using test::options_for;
using Integers = std::vector<int64_t>;

struct Log {
  std::vector<ConvolutionProblem> planned;
  std::vector<int64_t> compared;  ///< images
};

/// Convolutions by their definition; folded ones are faster or not as it is told.
class Choosing final : public cuda::ConvolutionPlanner {
 public:
  Choosing(bool folds, Log& log) : folds_(folds), log_(log) {}
  Result<std::unique_ptr<cuda::ConvolutionPlan>> plan(const ConvolutionProblem& problem) override {
    log_.planned.push_back(problem);
    return definition_.plan(problem);
  }
  bool is_faster(const ConvolutionProblem& folded, const ConvolutionProblem& plain) override {
    EXPECT_EQ(folded.channels, 16);
    EXPECT_EQ(plain.channels, 8);
    log_.compared.push_back(folded.images);
    return folds_;
  }

 private:
  bool folds_;
  Log& log_;
  int count_ = 0;
  test::ReferencePlanner definition_{count_};
};

struct Case {
  int64_t kernel, pad, stride = 2, channels = 3, groups = 1, dilation = 1;
};

Model model_of(const Case& c, int64_t height, int64_t width) {
  test::GraphBuilder graph;
  const auto x = graph.input("x", {1, c.channels, height, width});
  const auto a =
      graph.node("Conv", {x, graph.weights({6, c.channels / c.groups, c.kernel, c.kernel}), graph.weights({6})},
                 attributes({{"strides", Integers{c.stride, c.stride}},
                             {"pads", Integers{c.pad, c.pad, c.pad, c.pad}},
                             {"dilations", Integers{c.dilation, c.dilation}},
                             {"group", c.groups}}),
                 "a");
  return graph.model({graph.node("Conv", {graph.node("Relu", {a}), graph.weights({6, 6, 1, 1})}, {}, "y")});
}

std::unique_ptr<Network> open(const Model& model, const SessionOptions& options, bool folds, Log& log) {
  auto network = test::open_simulated(model, options, std::make_unique<Choosing>(folds, log));
  EXPECT_TRUE(network) << network.error().what;
  return std::move(*network);
}

TEST(FoldedConvolution, GivesWhatThePlainOneGives) {
  for (const Case& c : {Case{7, 3}, Case{3, 1}, Case{3, 0}, Case{5, 2}, Case{7, 2}, Case{4, 1}})
    for (const auto& [height, width] : {std::pair<int64_t, int64_t>{12, 10}, {13, 11}, {12, 11}, {13, 10}}) {
      SCOPED_TRACE(std::to_string(c.kernel) + " with padding " + std::to_string(c.pad) + ", " + std::to_string(height) +
                   "x" + std::to_string(width));
      const Model model = model_of(c, height, width);
      for (const auto& [precision, tolerance] : {std::pair{Precision::Fp32, 1e-6}, {Precision::Fp16, 1e-3}}) {
        Log folded, plain;
        const auto with = open(model, options_for(precision, 3), true, folded);
        const auto without = open(model, options_for(precision, 3), false, plain);
        EXPECT_EQ(folded.planned.at(0).channels, 16);
        EXPECT_EQ(folded.planned.at(0).stride_h, 1);
        EXPECT_EQ(plain.planned.at(0).channels, 8);
        EXPECT_EQ(with->layers(1).at(0).algorithm, "reference, space to depth");
        EXPECT_EQ(without->layers(1).at(0).algorithm, "reference");
        EXPECT_EQ(with->layers(1).at(0).macs, without->layers(1).at(0).macs) << "reported as the model states it";
        EXPECT_EQ(folded.compared, std::vector<int64_t>({3})) << "once, for the largest batch";
        for (const int64_t batch : {1, 3}) {
          const Tensor images = test::random_floats({batch, 3, height, width}, 7);
          const auto actual = test::run_network(*with, {images}), expected = test::run_network(*without, {images});
          ASSERT_TRUE(actual && expected);
          EXPECT_LE(test::relative_difference((*actual)[0], (*expected)[0]), tolerance) << "batch " << batch;
        }
      }
    }
}

TEST(FoldedConvolution, IsNoneWithOtherStridesChannelsGroupsOrDilation) {
  const Case cases[] = {{3, 1, 1}, {3, 1, 3}, {3, 1, 2, 4}, {3, 1, 2, 1}, {3, 1, 2, 3, 3}, {3, 1, 2, 3, 1, 2}, {2, 0}};
  for (const Case& c : cases) {
    Log log;
    open(model_of(c, 13, 11), options_for(Precision::Fp16, 1), true, log);
    EXPECT_TRUE(log.compared.empty()) << c.kernel << " " << c.stride << " " << c.channels << " " << c.groups;
  }
}

TEST(FoldedConvolution, IsNoneWhereOthersReadTheImage) {
  test::GraphBuilder graph;
  const auto x = graph.input("x", {1, 3, 12, 10});
  const auto stated = attributes({{"strides", Integers{2, 2}}});
  const auto a = graph.node("Conv", {x, graph.weights({8, 3, 3, 3})}, stated, "a");
  const auto b = graph.node("Conv", {x, graph.weights({8, 3, 3, 3})}, stated, "b");
  Log log;
  open(graph.model({graph.node("Mul", {a, b}, {}, "y")}), options_for(Precision::Fp16, 1), true, log);
  EXPECT_TRUE(log.compared.empty());
}

TEST(FoldedConvolution, IsNoneWhereResultsAreToBeTheSameInEveryRun) {
  SessionOptions options = options_for(Precision::Fp16, 1);
  options.deterministic = true;
  Log log;
  open(model_of({7, 3}, 12, 10), options, true, log);
  EXPECT_TRUE(log.compared.empty());
  EXPECT_EQ(log.planned.at(0).channels, 8);
}

/// A network whose images are partly in slots, into which the device preprocessed frames.
std::vector<float> run_frames(const Model& model, Precision precision, int width, int height, bool folds) {
  constexpr int batch = 3;
  Log log;
  const auto network = open(model, options_for(precision, batch), folds, log);
  const InputFormat format{PixelElement::Float32, width, height, 3, true};
  Preprocessing preprocessing;
  preprocessing.resize = ResizeMode::Letterbox;  // pixels that the picture does not cover
  preprocessing.scale = {0.02f, 0.02f, 0.02f};
  preprocessing.mean = {100, 110, 120};
  const auto slots = network->make_slots(batch, preprocessing, format);
  EXPECT_TRUE(slots && *slots);
  const auto intake = std::move(*(*slots)->make_intake());
  std::vector<float> host(batch * format.bytes() / sizeof(float));
  for (int i = 0; i < batch; ++i) {
    const test::GuardedPicture picture(PixelFormat::Nv12, 41, 17, 0, static_cast<unsigned>(i));
    Frame frame;
    frame.image = picture.view;
    frame.memory = FrameMemory::Pinned;
    auto* to = reinterpret_cast<std::byte*>(host.data()) + static_cast<size_t>(i) * format.bytes();
    const bool done =
        i == 1 ? Preprocessor::create(preprocessing, format)->run(picture.view, to).ok() : intake->stage(i, frame).ok();
    EXPECT_TRUE(done);
  }
  std::vector<float> result(static_cast<size_t>(network->graph().value(network->graph().outputs[0]).type.shape[2] *
                                                network->graph().value(network->graph().outputs[0]).type.shape[3]) *
                            6 * batch);
  BatchImages images;
  images.inputs = {reinterpret_cast<const std::byte*>(host.data())};
  images.input_bytes = {format.bytes()};
  images.outputs = {reinterpret_cast<std::byte*>(result.data())};
  images.output_bytes = {result.size() / batch * sizeof(float)};
  const std::vector<uint8_t> on_device{1, 0, 1};
  images.filled = {0, on_device, {}};
  EXPECT_TRUE(network->run(batch, images));
  return result;
}

TEST(FoldedConvolution, ReadsFramesInItsForm) {
  for (const auto& [width, height] : {std::pair{10, 12}, {11, 13}, {11, 12}, {10, 13}})
    for (const auto& [precision, tolerance] : {std::pair{Precision::Fp32, 1e-5}, {Precision::Fp16, 2e-2}}) {
      SCOPED_TRACE(std::to_string(width) + "x" + std::to_string(height));
      const Model model = model_of({7, 3}, height, width);
      const auto expected = run_frames(model, precision, width, height, false);
      const auto actual = run_frames(model, precision, width, height, true);
      ASSERT_EQ(actual.size(), expected.size());
      for (size_t i = 0; i < actual.size(); ++i)
        ASSERT_NEAR(actual[i], expected[i], tolerance * std::max(1.0f, std::abs(expected[i]))) << i;
    }
}

}  // namespace
}  // namespace cnn
