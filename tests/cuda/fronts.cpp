// SPDX-License-Identifier: MIT
// Networks whose first nodes are computed a few images at a time, on a SimulatedDevice, beside the same without.
#include "engine/cuda/front.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/cuda/network.h"
#include "engine/cuda/step.h"
#include "engine/passes/passes.h"
#include "tests/cuda/network_run.h"
#include "tests/cuda/reference_planner.h"
#include "tests/cuda/simulated_device.h"
#include "tests/passes/random_network.h"
#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn {
namespace {

using cuda::Number;
using test::attributes;
using test::options_for;
using test::random_floats;
using testing::HasSubstr;
using testing::Not;
using Integers = std::vector<int64_t>;

/// A residual, a concatenation of slices and a pooling while maps are large, then a mean and a dense layer.
Model model() {
  test::GraphBuilder graph;
  const auto x = graph.input("x", {1, 3, 12, 10});
  const auto pads = attributes({{"pads", Integers{1, 1, 1, 1}}});
  const auto a = graph.node("Relu", {graph.node("Conv", {x, graph.weights({16, 3, 3, 3}), graph.weights({16})}, pads)}, {}, "a");
  const auto b = graph.node("Conv", {a, graph.weights({16, 16, 3, 3})}, pads, "b");
  const auto sum = graph.node("Relu", {graph.node("Add", {b, a})}, {}, "sum");
  const auto left = graph.node("Conv", {sum, graph.weights({8, 16, 1, 1})}, {}, "left");
  const auto right = graph.node("Conv", {sum, graph.weights({8, 16, 3, 3})}, pads, "right");
  const auto both = graph.node("Concat", {left, right}, attributes({{"axis", int64_t{1}}}), "both");
  const auto stated = attributes({{"kernel_shape", Integers{2, 2}}, {"strides", Integers{2, 2}}});
  const auto small = graph.node("MaxPool", {both}, stated, "small");
  const auto mean = graph.node("Flatten", {graph.node("GlobalAveragePool", {small})}, {}, "mean");
  return graph.model({graph.node("Gemm", {mean, graph.weights({16, 5})}, {}, "y")});
}

std::unique_ptr<Network> open(const Model& model, const SessionOptions& options, bool fronts) {
  auto device = std::make_unique<test::SimulatedDevice>();
  device->later_is_faster = fronts;
  static int planned;
  auto network =
      cuda::CudaNetwork::open(model.graph, options, std::move(device), std::make_unique<test::ReferencePlanner>(planned));
  if (network) return std::move(*network);
  EXPECT_EQ(network.error().code, ErrorCode::Unsupported) << network.error().what;
  return nullptr;
}

std::vector<std::string> algorithms_of(const Network& network, int batch) {
  std::vector<std::string> all;
  for (const LayerReport& layer : network.layers(batch)) all.push_back(layer.algorithm);
  return all;
}

void expect_the_same(Network& a, Network& b, const Tensor& images) {
  const auto actual = test::run_network(a, {images}), expected = test::run_network(b, {images});
  ASSERT_TRUE(actual && expected);
  for (size_t i = 0; i < expected->size(); ++i)
    EXPECT_EQ(std::memcmp((*actual)[i].bytes.get(), (*expected)[i].bytes.get(), (*expected)[i].desc.bytes()), 0)
        << "output " << i;
}

TEST(Front, GivesWhatAllImagesAtOnceGive) {
  for (const Precision precision : {Precision::Fp16, Precision::Fp32}) {
    const auto with = open(model(), options_for(precision, 32), true);
    const auto without = open(model(), options_for(precision, 32), false);
    for (const int64_t batch : {1, 8, 16, 29, 32}) {
      SCOPED_TRACE(batch);
      expect_the_same(*with, *without, random_floats({batch, 3, 12, 10}, 7));
    }
    EXPECT_THAT(algorithms_of(*with, 32), testing::Contains(HasSubstr("in 2 rounds")));
    EXPECT_THAT(algorithms_of(*with, 8), testing::Each(Not(HasSubstr("rounds"))));
    EXPECT_THAT(algorithms_of(*without, 32), testing::Each(Not(HasSubstr("rounds"))));
  }
}

TEST(Front, GivesTheSameOnRandomNetworks) {
  int tried = 0;
  for (unsigned seed = 500'001; seed < 500'081u; ++seed) {
    const test::RandomNetwork random(seed, false);
    SCOPED_TRACE("seed " + std::to_string(seed) + ": " + random.text());
    const Model made = random.model();
    const auto options = options_for(Precision::Fp32, 16);
    const auto with = open(made, options, true), without = open(made, options, false);
    if (!with || !without) continue;
    Shape shape = random.input_shape();
    shape[0] = 16;
    expect_the_same(*with, *without, random_floats(shape, seed));
    for (const std::string& algorithm : algorithms_of(*with, 16))
      if (algorithm.ends_with("in 2 rounds")) {
        ++tried;
        break;
      }
  }
  EXPECT_GE(tried, 40);
}

TEST(Front, IsNoneWhereResultsAreToBeTheSameInEveryRun) {
  SessionOptions options = options_for(Precision::Fp16, 16);
  options.deterministic = true;
  EXPECT_THAT(algorithms_of(*open(model(), options, true), 16), testing::Each(Not(HasSubstr("rounds"))));
}

/// A network of that many images with its storage, and what find_front() says of it.
struct Sized {
  Graph graph;
  ValueStorage storage;

  explicit Sized(int images, Model made = model()) : graph(std::move(made.graph)) {
    FoldedConstants folded;
    EXPECT_TRUE(run_passes(graph, options_for(Precision::Fp16, 32), images, folded));
    storage = plan_storage(graph, cuda::channel_multiple);
  }
  std::optional<cuda::Front> front(const Graph& few, size_t bytes) const {
    return cuda::find_front(graph, storage, few, bytes, Number::Fp16);
  }
};

TEST(FindFront, EndsBehindTheLastNodeThatMovesMuch) {
  const Sized all(32), few(8);
  // Maps of 12x10 and 16 channels have 3840 bytes an image, those behind the pooling 960.
  const auto front = all.front(few.graph, 32 * (3840 + 500));
  ASSERT_TRUE(front);
  EXPECT_EQ(front->rounds, 4);
  ASSERT_GT(front->nodes, 0u);
  EXPECT_EQ(front->graph.nodes[front->nodes - 1].op->type(), "MaxPool");
  EXPECT_FALSE(all.front(few.graph, 32 * 3840 * 4));
}

TEST(FindFront, IsNoneForOtherNumbersOfImagesOrNetworks) {
  const Sized all(32);
  EXPECT_TRUE(all.front(Sized(16).graph, 0));
  EXPECT_FALSE(all.front(Sized(5).graph, 0));
  EXPECT_FALSE(all.front(all.graph, 0));
  test::GraphBuilder graph;
  const auto x = graph.input("x", {1, 3, 12, 10});
  EXPECT_FALSE(all.front(Sized(16, graph.model({graph.node("Sigmoid", {x}, {}, "y")})).graph, 0));
}

TEST(Front, TakesLessMemory) {
  test::SimulatedDevice device;
  int planned = 0;
  test::ReferencePlanner planner(planned);
  cuda::DeviceConstants constants(device, Number::Fp16);
  const cuda::Resources resources{device, constants, &planner, Number::Fp16, false, false};
  const Sized all(32), few(8);
  const auto whole = cuda::Executable::compile(all.graph, resources);
  const auto parted = cuda::Executable::compile(all.graph, resources, cuda::FrontChoice{few.graph, 32 * (3840 + 500)});
  ASSERT_TRUE(whole && parted);
  EXPECT_LT(3 * (*parted)->arena_bytes(), 2 * (*whole)->arena_bytes());
}

}  // namespace
}  // namespace cnn
