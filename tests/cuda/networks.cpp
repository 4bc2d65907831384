// SPDX-License-Identifier: MIT
// Whole networks by the steps of the GPU backend on a SimulatedDevice, beside the CPU's sessions: tolerances are those
// of an fp32 reference's logits, relative L2.
#include <gtest/gtest.h>

#include <cstdlib>

#include "engine/onnx/importer.h"
#include "tests/cuda/network_run.h"
#include "tests/cuda/reference_planner.h"
#include "tests/passes/random_network.h"
#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn {
namespace {

using test::attributes;
using test::open_simulated;
using test::options_for;
using test::random_floats;
using test::relative_difference;
using test::run_network;

Model everyday() {
  auto model = import_model(std::string(CNN_SOURCE_ROOT) + "/models/everyday.onnx");
  EXPECT_TRUE(model) << (model ? "" : model.error().what);
  return std::move(*model);
}

Tensor images_for(const Model& model, int64_t batch) {
  Shape shape = model.graph.value(model.graph.inputs[0]).type.shape;
  shape[0] = batch;
  return random_floats(shape, 7);
}

void expect_as_on_cpu(const Model& model, Precision precision, int max_batch, const std::vector<int64_t>& batches,
                      double tolerance, std::unique_ptr<cuda::ConvolutionPlanner> convolutions = nullptr) {
  auto network = open_simulated(model, options_for(precision, max_batch), std::move(convolutions));
  ASSERT_TRUE(network) << network.error().what;
  for (int64_t batch : batches) {
    const Tensor images = images_for(model, batch);
    const auto expected = test::run_model(model, {images}, options_for(Precision::Fp32, max_batch));
    const auto actual = run_network(**network, {images});
    ASSERT_TRUE(actual) << actual.error().what;
    ASSERT_EQ(actual->size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i)
      EXPECT_LE(relative_difference((*actual)[i], expected[i]), tolerance) << "output " << i << ", batch " << batch;
  }
}

TEST(GpuNetwork, GivesTheLogitsOfTheCpuInFp32) { expect_as_on_cpu(everyday(), Precision::Fp32, 5, {1, 3, 5}, 1e-5); }
TEST(GpuNetwork, StaysWithinTheToleranceOfFp16) { expect_as_on_cpu(everyday(), Precision::Fp16, 5, {1, 3, 5}, 3e-3); }
TEST(GpuNetwork, StaysWithinTheToleranceOfBf16) { expect_as_on_cpu(everyday(), Precision::Bf16, 5, {1, 3, 5}, 2e-2); }

TEST(GpuNetwork, ComputesDenseConvolutionsByThePlanner) {
  int planned = 0;
  expect_as_on_cpu(everyday(), Precision::Fp16, 1, {1}, 3e-3, std::make_unique<test::ReferencePlanner>(planned));
  EXPECT_GT(planned, 10);
}

TEST(GpuNetwork, ComputesGroupsOfFourChannelsOrMoreByThePlanner) {
  struct Case {
    int64_t channels, outputs, groups;
    bool by_planner;
  };
  for (const Case& c : {Case{16, 32, 4, true}, {24, 24, 3, true}, {16, 24, 4, false}, {12, 24, 3, false},
                        {16, 32, 8, false}, {16, 16, 16, false}}) {
    SCOPED_TRACE(std::to_string(c.channels) + " to " + std::to_string(c.outputs) + " in " + std::to_string(c.groups));
    test::GraphBuilder graph;
    const auto x = graph.input("x", {1, c.channels, 7, 9});
    const auto stated = attributes({{"group", c.groups}, {"pads", std::vector<int64_t>{1, 1, 1, 1}}});
    const ValueId weights = graph.weights({c.outputs, c.channels / c.groups, 3, 3});
    const auto y = graph.node("Relu", {graph.node("Conv", {x, weights, graph.weights({c.outputs})}, stated)}, {}, "y");
    int planned = 0;
    expect_as_on_cpu(graph.model({y}), Precision::Fp32, 2, {1, 2}, 1e-5,
                     std::make_unique<test::ReferencePlanner>(planned));
    EXPECT_EQ(planned > 0, c.by_planner);
  }
}

/// Odd channels, a residual, an activation that no plan has, a classifier whose classes are no multiple of 8.
TEST(GpuNetwork, PadsChannelsForThePlanner) {
  test::GraphBuilder graph;
  const auto x = graph.input("x", {1, 5, 9, 7});
  const auto kernel = attributes({{"pads", std::vector<int64_t>{1, 1, 1, 1}}});
  const auto a = graph.node("Conv", {x, graph.weights({13, 5, 3, 3}), graph.weights({13})}, kernel, "a");
  const auto b = graph.node("Sigmoid", {graph.node("Conv", {a, graph.weights({13, 13, 3, 3})}, kernel, "b")}, {}, "bs");
  const auto c = graph.node(
      "Clip", {graph.node("Add", {graph.node("Conv", {b, graph.weights({13, 13, 1, 1}), graph.weights({13})}), a})},
      attributes({{"min", 0.0f}, {"max", 6.0f}}), "c");
  const auto flat = graph.node("Flatten", {c}, {}, "flat");
  const auto d = graph.node("Gemm", {flat, graph.weights({11, 13 * 9 * 7}), graph.weights({11})},
                            attributes({{"transB", int64_t{1}}, {"alpha", 0.5f}, {"beta", 2.0f}}), "d");
  const Model model = graph.model({d});
  for (const auto& [precision, tolerance] : {std::pair{Precision::Fp32, 1e-5}, {Precision::Fp16, 3e-3}}) {
    int planned = 0;
    expect_as_on_cpu(model, precision, 2, {1, 2}, tolerance, std::make_unique<test::ReferencePlanner>(planned));
    EXPECT_EQ(planned, 2 * 4) << "three convolutions and the classifier, for two sizes of batch";
  }
}

/// Maps as long as they have channels: a View's two layouts have the same shape then.
TEST(GpuNetwork, LeavesTheMemoryOfAViewAsItIs) {
  test::GraphBuilder graph;
  const auto x = graph.input("x", {1, 3, 3, 3});
  const auto map = graph.node("Conv", {x, graph.weights({3, 3, 1, 1})}, {}, "map");
  const auto last = graph.node("Transpose", {map}, attributes({{"perm", std::vector<int64_t>{0, 2, 3, 1}}}), "last");
  const auto product = graph.node("MatMul", {last, graph.weights({3, 3})}, {}, "product");
  const auto back = graph.node("Transpose", {product}, attributes({{"perm", std::vector<int64_t>{0, 3, 1, 2}}}), "back");
  const auto y = graph.node("Conv", {back, graph.weights({5, 3, 2, 2})}, {}, "y");
  expect_as_on_cpu(graph.model({y}), Precision::Fp32, 1, {1}, 1e-5);
}

/// As tests/passes/random_graphs.cpp, with the GPU's steps. What has no GPU form is skipped, but must be the exception.
TEST(GpuNetwork, GivesWhatTheCpuGivesOnRandomNetworks) {
  const char* stated = std::getenv("CNN_RANDOM_GRAPHS");
  const int count = stated ? std::atoi(stated) : 200;
  int refused = 0;
  for (unsigned seed = 300'001; seed < 300'001u + static_cast<unsigned>(count); ++seed) {
    const test::RandomNetwork random(seed, false);
    SCOPED_TRACE("seed " + std::to_string(seed) + ": " + random.text());
    const Model model = random.model();
    Shape shape = random.input_shape();
    shape[0] = 1 + seed % 3;
    const SessionOptions options = options_for(Precision::Fp32, static_cast<int>(shape[0]));
    int planned = 0;
    auto network =
        open_simulated(model, options, seed % 2 ? std::make_unique<test::ReferencePlanner>(planned) : nullptr);
    if (!network) {
      ASSERT_EQ(network.error().code, ErrorCode::Unsupported) << network.error().what;
      ++refused;
      continue;
    }
    const Tensor images = random_floats(shape, seed);
    const auto expected = test::run_model(model, {images}, options);
    const auto actual = run_network(**network, {images});
    ASSERT_TRUE(actual) << actual.error().what;
    for (size_t i = 0; i < expected.size(); ++i) {
      double largest = 0.1;  // sums that cancel out leave rounding errors of their terms
      for (float value : expected[i].values<float>()) largest = std::max(largest, std::abs(static_cast<double>(value)));
      for (int64_t k = 0; k < expected[i].desc.count(); ++k) {
        const float want = expected[i].data<float>()[k], got = (*actual)[i].data<float>()[k];
        if (!std::isfinite(want)) continue;
        ASSERT_NEAR(got, want, 1e-4 * largest) << "output " << i << ", element " << k;
      }
    }
  }
  EXPECT_LE(refused, count / 20);
}

}  // namespace
}  // namespace cnn
