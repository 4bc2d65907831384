// SPDX-License-Identifier: MIT
// Activations that a depthwise convolution applies to what the convolution before it left, on a SimulatedDevice.
#include "engine/cuda/late_activation.h"

#include <gtest/gtest.h>

#include "engine/ops/conv.h"
#include "tests/cuda/network_run.h"
#include "tests/cuda/reference_planner.h"
#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn {
namespace {

using test::attributes;
using test::GraphBuilder;
using Integers = std::vector<int64_t>;

/// Convolutions by their definition; counts those with Relu.
class CountingPlanner final : public cuda::ConvolutionPlanner {
 public:
  CountingPlanner(int& all, int& relus) : definition_(all), relus_(relus) {}
  Result<std::unique_ptr<cuda::ConvolutionPlan>> plan(const cuda::ConvolutionProblem& problem) override {
    relus_ += problem.relu;
    return definition_.plan(problem);
  }

 private:
  test::ReferencePlanner definition_;
  int& relus_;
};

enum class Where { Alone, WithOtherReader, AlsoOutput, Concatenated, BeforeDense };

ValueId activation(GraphBuilder& graph, const std::string& name, ValueId x) {
  if (name == "HardSwish" || name == "Sigmoid") return graph.node(name, {x});
  const float low = name == "Relu6" ? 0 : -1;
  return graph.node("Clip", {x, graph.constant(test::floats({}, {low})), graph.constant(test::floats({}, {low + 6}))});
}

/// 1x1 to 16 channels, activation, depthwise, 1x1.
Model model(const std::string& name, int64_t kernel, int64_t stride, Where where, int64_t side = 9) {
  GraphBuilder graph;
  const auto x = graph.input("x", {1, 8, side, side});
  const auto wide = activation(
      graph, name, graph.node("Conv", {x, graph.constant_floats({16, 8, 1, 1}, -3, 3), graph.weights({16})}, {}, "wide"));
  const auto pads = Integers(4, kernel / 2);
  const auto stated = attributes({{"pads", pads}, {"strides", Integers{stride, stride}}, {"group", int64_t{16}}});
  auto deep = where == Where::BeforeDense
                  ? graph.node("Conv", {wide, graph.weights({16, 16, kernel, kernel})},
                               attributes({{"pads", pads}, {"strides", Integers{stride, stride}}}), "deep")
                  : graph.node("Conv", {wide, graph.weights({16, 1, kernel, kernel}), graph.weights({16})}, stated, "deep");
  if (where == Where::WithOtherReader) deep = graph.node("Mul", {deep, wide});
  if (where == Where::Concatenated) deep = graph.node("Concat", {deep, wide}, attributes({{"axis", int64_t{1}}}));
  const auto y = graph.node("Conv", {deep, graph.weights({8, where == Where::Concatenated ? 32 : 16, 1, 1})}, {}, "y");
  return graph.model(where == Where::AlsoOutput ? std::vector<ValueId>{y, wide} : std::vector<ValueId>{y});
}

struct Opened {
  std::unique_ptr<Network> network;
  int relus = 0;
  int all = 0;

  Opened(const Model& model, Precision precision, int batch) {
    auto made = test::open_simulated(model, test::options_for(precision, batch),
                                     std::make_unique<CountingPlanner>(all, relus));
    EXPECT_TRUE(made) << made.error().what;
    network = std::move(*made);
  }
  bool is_late() const {
    for (const LayerReport& layer : network->layers(1))
      if (layer.algorithm.starts_with("activation, depthwise")) return true;
    return false;
  }
};

/// Whether the activation is late, after comparing outputs with the CPU's.
bool is_late(const Model& model, Precision precision = Precision::Fp32, int64_t batch = 1, double tolerance = 1e-5) {
  const Opened opened(model, precision, static_cast<int>(batch));
  auto shape = model.graph.value(model.graph.inputs[0]).type.shape;
  shape[0] = batch;
  const Tensor images = test::random_floats(shape, 7, -3, 3);
  const auto expected = test::run_model(model, {images}, test::options_for(Precision::Fp32, static_cast<int>(batch)));
  const auto actual = test::run_network(*opened.network, {images});
  EXPECT_TRUE(actual) << actual.error().what;
  for (size_t i = 0; actual && i < expected.size(); ++i)
    EXPECT_LE(test::relative_difference((*actual)[i], expected[i]), tolerance) << "output " << i;
  return opened.is_late();
}

TEST(LateActivation, IsThatOfTheConvolutionBeforeADepthwiseOne) {
  for (const char* name : {"Relu6", "Clip", "HardSwish"})
    for (const int64_t kernel : {3, 5, 7, 2})
      for (const int64_t stride : {1, 2}) {
        SCOPED_TRACE(std::string(name) + ", kernel " + std::to_string(kernel) + ", stride " + std::to_string(stride));
        EXPECT_TRUE(is_late(model(name, kernel, stride, Where::Alone), Precision::Fp32, 2));
        EXPECT_TRUE(is_late(model(name, kernel, stride, Where::Alone), Precision::Fp16, 2, 3e-3));
      }
}

TEST(LateActivation, ReachesKernelsOfSeveralColumns) {
  for (const char* name : {"Relu6", "HardSwish"})
    for (const int64_t kernel : {3, 5, 7}) EXPECT_TRUE(is_late(model(name, kernel, 1, Where::Alone, 132), Precision::Fp32, 4));
}

TEST(LateActivation, LeavesReluToThePlannerWhereItsBoundsBeginAtZero) {
  const auto relus = [](const char* name) { return Opened(model(name, 3, 1, Where::Alone), Precision::Fp16, 1).relus; };
  EXPECT_GT(relus("Relu6"), 0);
  EXPECT_EQ(relus("Clip"), 0);
  EXPECT_EQ(relus("HardSwish"), 0);
}

TEST(LateActivation, IsNoneWhereOthersReadWhatIsNotActivated) {
  for (const Where where : {Where::WithOtherReader, Where::AlsoOutput, Where::Concatenated, Where::BeforeDense})
    EXPECT_FALSE(is_late(model("Relu6", 3, 1, where))) << static_cast<int>(where);
  EXPECT_FALSE(is_late(model("Sigmoid", 3, 1, Where::Alone)));
}

/// A convolution with a Clip, then a depthwise one.
TEST(FindLateActivations, LeavesOutputsAsTheyAre) {
  Graph graph;
  const auto value = [&](const Shape& shape) { return graph.add_value({"", {DataType::Float32, shape}, Layout::Plain, {}}); };
  const ValueId x = value({1, 8, 5, 5}), dense = value({16, 8, 1, 1}), a = value({1, 16, 5, 5}), deep = value({16, 1, 1, 1}),
                y = value({1, 16, 5, 5});
  ConvAttributes clipped, depthwise;
  clipped.activation = {ActivationKind::Clip, 0, 6};
  depthwise.groups = 16;
  graph.nodes = {{"a", ConvOp::make(clipped), {x, dense}, {a}}, {"y", ConvOp::make(depthwise), {a, deep}, {y}}};
  graph.outputs = {y};
  EXPECT_EQ(cuda::find_late_activations(graph)[static_cast<size_t>(a)].kind, ActivationKind::Clip);
  graph.outputs = {y, a};
  EXPECT_EQ(cuda::find_late_activations(graph)[static_cast<size_t>(a)].kind, ActivationKind::None);
}

}  // namespace
}  // namespace cnn
