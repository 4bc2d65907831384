// SPDX-License-Identifier: MIT
#include "engine/passes/passes.h"

#include <gtest/gtest.h>

#include "engine/plan/batched_graph.h"
#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn {
namespace {

using test::attributes;
using test::expect_same_outputs;
using test::GraphBuilder;
using test::optimised_ops;
using test::random_floats;

const Attributes same3 = attributes({{"pads", std::vector<int64_t>{1, 1, 1, 1}}});

ValueId batchnorm(GraphBuilder& b, ValueId x, int64_t channels) {
  return b.node("BatchNormalization", {x, b.weights({channels}), b.weights({channels}), b.weights({channels}),
                                       b.constant_floats({channels}, 0.5f, 2)});
}

TEST(InferTypes, ComputesWhatDependsOnConstantsOnly) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 2, 3, 4});
  const ValueId shape = b.node("Shape", {x});
  const ValueId batch = b.node("Gather", {shape, b.integers({0})});
  const ValueId target = b.node("Concat", {batch, b.integers({-1})}, attributes({{"axis", int64_t{0}}}));
  const ValueId y = b.node("Relu", {b.node("Reshape", {x, target})});
  const Model model = b.model({y});
  EXPECT_EQ(optimised_ops(model), "Reshape Relu");
  const auto results = test::run_model(model, {random_floats({1, 2, 3, 4}, 1)});
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].desc.shape, (Shape{1, 24}));
}

TEST(InferTypes, LetsALiteralReshapeFollowTheBatch) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 2, 2, 2});
  const Model model = b.model({b.node("Reshape", {x, b.integers({1, 8})})});
  SessionOptions options;
  options.max_batch = 3;
  const Tensor input = random_floats({3, 2, 2, 2}, 1);
  const auto results = test::run_model(model, {input}, options);
  ASSERT_EQ(results.size(), 1u);
  test::expect_close(results[0], tensor_of<float>({3, 8}, input.values<float>()), 0, 0);
}

TEST(DropIdentities, LetsReadersGoPastThem) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 2, 3, 3});
  const ValueId y = b.node("Relu", {b.node("Dropout", {b.node("Identity", {x})})});
  EXPECT_EQ(optimised_ops(b.model({y})), "Relu");
}

TEST(DropIdentities, KeepsAnOutputThatIsTheInput) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 2});
  const Model model = b.model({b.node("Identity", {x}, {}, "y")});
  expect_same_outputs(model, {random_floats({1, 2}, 1)}, 0);
}

TEST(FoldPad, MovesZerosIntoTheConv) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 3, 5, 6});
  const ValueId padded = b.node("Pad", {x, b.integers({0, 0, 0, 1, 0, 0, 2, 1})});
  const Model model = b.model({b.node("Conv", {padded, b.weights({4, 3, 3, 3})})});
  EXPECT_EQ(optimised_ops(model), "Conv Reorder");
  expect_same_outputs(model, {random_floats({1, 3, 5, 6}, 1)});
}

TEST(FoldPad, LeavesOtherPaddingAlone) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 3, 5, 6});
  const ValueId padded = b.node("Pad", {x, b.integers({0, 0, 1, 1, 0, 0, 1, 1})}, attributes({{"mode", std::string("edge")}}));
  const Model model = b.model({b.node("Conv", {padded, b.weights({4, 3, 3, 3})})});
  EXPECT_EQ(optimised_ops(model), "Pad Conv Reorder");
  expect_same_outputs(model, {random_floats({1, 3, 5, 6}, 1)});
}

/// A network all of whose maps are outputs, as those that give features.
TEST(AssignLayouts, OutputsAreConvertedWhenTheyAreMade) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 3, 5, 6});
  const ValueId first = b.node("Conv", {x, b.weights({4, 3, 3, 3})}, {}, "first");
  const ValueId second = b.node("Conv", {first, b.weights({5, 4, 2, 2})}, {}, "second");
  const Model model = b.model({second, first});
  EXPECT_EQ(optimised_ops(model), "Conv Reorder Conv Reorder");
  expect_same_outputs(model, {random_floats({1, 3, 5, 6}, 1)});
  Graph graph = model.graph;
  FoldedConstants folded;
  ASSERT_TRUE(run_passes(graph, {}, 1, folded));
  EXPECT_EQ(match_layers(graph, graph), (std::vector<size_t>{0, 1, 2, 3})) << "a map and its copy have one name";
}

TEST(FoldBatchnorm, LeavesOneConv) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 3, 5, 6});
  const ValueId y = batchnorm(b, b.node("Conv", {x, b.weights({4, 3, 3, 3})}, same3), 4);
  const Model model = b.model({y});
  EXPECT_EQ(optimised_ops(model), "Conv Reorder");
  expect_same_outputs(model, {random_floats({1, 3, 5, 6}, 1)});
}

TEST(FoldBatchnorm, FoldsScaleAndShiftPerChannel) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 3, 5, 6});
  const ValueId conv = b.node("Conv", {x, b.weights({4, 3, 1, 1}), b.weights({4})});
  const ValueId scaled = b.node("Mul", {conv, b.weights({4, 1, 1})});
  const Model model = b.model({b.node("Add", {b.weights({1, 4, 1, 1}), scaled})});
  EXPECT_EQ(optimised_ops(model), "Conv Reorder");
  expect_same_outputs(model, {random_floats({1, 3, 5, 6}, 1)});
}

TEST(FoldBatchnorm, StaysOutWhenTheConvIsReadElsewhere) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 3, 4, 4});
  const ValueId conv = b.node("Conv", {x, b.weights({4, 3, 1, 1})});
  const Model model = b.model({b.node("Add", {batchnorm(b, conv, 4), b.node("Sigmoid", {conv})})});
  EXPECT_NE(optimised_ops(model).find("BatchNormalization"), std::string::npos);
  expect_same_outputs(model, {random_floats({1, 3, 4, 4}, 1)});
}

TEST(FuseActivation, TakesReluIntoConvAndGemm) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 3, 4, 4});
  const ValueId conv = b.node("Relu", {b.node("Conv", {x, b.weights({2, 3, 3, 3})})});
  const ValueId flat = b.node("Flatten", {conv});
  const Model model = b.model({b.node("Relu", {b.node("Gemm", {flat, b.weights({8, 5}), b.weights({5})})})});
  EXPECT_EQ(optimised_ops(model), "Conv View Gemm");
  expect_same_outputs(model, {random_floats({1, 3, 4, 4}, 1)});
}

TEST(FuseActivation, RecognisesSwishAndHardSwish) {
  for (const char* gate : {"Sigmoid", "HardSigmoid"}) {
    GraphBuilder b;
    const ValueId x = b.input("x", {1, 3, 4, 4});
    const ValueId conv = b.node("Conv", {x, b.weights({2, 3, 3, 3})});
    const Attributes slope = std::string(gate) == "Sigmoid" ? Attributes{} : attributes({{"alpha", 1.0f / 6}});
    const Model model = b.model({b.node("Mul", {b.node(gate, {conv}, slope), conv})});
    EXPECT_EQ(optimised_ops(model), "Conv Reorder") << gate;
    expect_same_outputs(model, {random_floats({1, 3, 4, 4}, 1)});
  }
}

TEST(FuseActivation, KeepsTheConvThatIsAnOutputItself) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 3, 4, 4});
  const ValueId conv = b.node("Conv", {x, b.weights({2, 3, 3, 3})});
  const Model model = b.model({conv, b.node("Relu", {conv})});
  expect_same_outputs(model, {random_floats({1, 3, 4, 4}, 1)});
}

TEST(FuseResidual, AddsTheSkipInsideTheConv) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 4, 5, 5});
  const ValueId conv = b.node("Conv", {x, b.weights({4, 4, 3, 3}), b.weights({4})}, same3);
  const Model model = b.model({b.node("Relu", {b.node("Add", {conv, x})})});
  EXPECT_EQ(optimised_ops(model), "Conv Reorder");
  expect_same_outputs(model, {random_floats({1, 4, 5, 5}, 1)});
}

TEST(FuseResidual, LeavesActivatedConvsAlone) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 4, 5, 5});
  const ValueId conv = b.node("Relu", {b.node("Conv", {x, b.weights({4, 4, 3, 3})}, same3)});
  const Model model = b.model({b.node("Add", {conv, x})});
  EXPECT_EQ(optimised_ops(model), "Conv Add Reorder");
  expect_same_outputs(model, {random_floats({1, 4, 5, 5}, 1)});
}

TEST(AssignLayouts, TurnsChannelTransposesIntoViews) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 4, 5, 3});  // NHWC as TensorFlow exports state it
  const ValueId nchw = b.node("Transpose", {x}, attributes({{"perm", std::vector<int64_t>{0, 3, 1, 2}}}));
  const ValueId conv = b.node("Conv", {nchw, b.weights({2, 3, 3, 3})});
  const Model model = b.model({b.node("Transpose", {conv}, attributes({{"perm", std::vector<int64_t>{0, 2, 3, 1}}}))});
  EXPECT_EQ(optimised_ops(model), "View Conv View");
  expect_same_outputs(model, {random_floats({1, 4, 5, 3}, 1)});
}

TEST(FlattenIntoDense, ReordersTheWeightsInstead) {
  for (int64_t transposed : {0, 1}) {
    GraphBuilder b;
    const ValueId x = b.input("x", {1, 3, 4, 5});
    const ValueId flat = b.node("Flatten", {b.node("Conv", {x, b.weights({4, 3, 1, 1})})});
    const ValueId weights = transposed ? b.weights({7, 80}) : b.weights({80, 7});
    const Model model = b.model({b.node("Gemm", {flat, weights}, attributes({{"transB", transposed}}))});
    EXPECT_EQ(optimised_ops(model), "Conv View Gemm");
    expect_same_outputs(model, {random_floats({1, 3, 4, 5}, 1)}, 1e-4);
  }
}

TEST(Passes, NameTheNodeThatDoesNotFit) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 48, 8, 8});
  const Model model = b.model({b.node("Conv", {x, b.weights({64, 32, 3, 3})}, {}, "conv2d_17")});
  auto session = Session::open(model, {});
  ASSERT_FALSE(session.ok());
  EXPECT_NE(session.error().what.find("conv2d_17"), std::string::npos) << session.error().what;
  EXPECT_NE(session.error().what.find("48"), std::string::npos) << session.error().what;
}

TEST(FuseActivation, TakesReluIntoBatchNormalization) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 3, 4, 4});
  const ValueId pooled = b.node("MaxPool", {x}, attributes({{"kernel_shape", std::vector<int64_t>{2, 2}}}));
  const Model model = b.model({b.node("GlobalAveragePool", {b.node("Relu", {batchnorm(b, pooled, 3)})})});
  EXPECT_EQ(optimised_ops(model), "MaxPool BatchNormalization GlobalAveragePool View");
  expect_same_outputs(model, {random_floats({1, 3, 4, 4}, 1)});
}

/// 1x1 to 24 channels, depthwise, 1x1 to 8 with what came in added, as MobileNetV2 does.
ValueId inverted_residual(GraphBuilder& b, ValueId x) {
  const Attributes depthwise = attributes({{"pads", std::vector<int64_t>{1, 1, 1, 1}}, {"group", int64_t{24}}});
  const ValueId wide = b.node("Relu", {b.node("Conv", {x, b.weights({24, 8, 1, 1}), b.weights({24})})});
  const ValueId filtered = b.node("Relu", {b.node("Conv", {wide, b.weights({24, 1, 3, 3})}, depthwise)});
  return b.node("Add", {x, b.node("Conv", {filtered, b.weights({8, 24, 1, 1}), b.weights({8})}, {}, "project")});
}

TEST(FuseSeparable, MakesOneNodeOfAWideBlock) {
  GraphBuilder b;
  const ValueId x = b.node("Relu", {b.input("x", {1, 8, 70, 70})});
  const Model model = b.model({b.node("GlobalAveragePool", {inverted_residual(b, x)})});
  EXPECT_EQ(optimised_ops(model), "Relu SeparableBlock GlobalAveragePool View");
  expect_same_outputs(model, {random_floats({1, 8, 70, 70}, 1)});
}

TEST(FuseSeparable, LeavesMapsAloneThatFitTheCaches) {
  GraphBuilder b;
  const ValueId x = b.node("Relu", {b.input("x", {1, 8, 10, 10})});
  const Model model = b.model({b.node("GlobalAveragePool", {inverted_residual(b, x)})});
  EXPECT_EQ(optimised_ops(model), "Relu Conv Conv Conv GlobalAveragePool View");
}

TEST(FuseSeparable, LeavesMapsAloneThatOthersRead) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 8, 70, 70});
  const ValueId wide = b.node("Conv", {x, b.weights({24, 8, 1, 1})});
  const ValueId filtered = b.node("Conv", {wide, b.weights({24, 1, 3, 3})}, attributes({{"group", int64_t{24}}}));
  const Model model = b.model({b.node("GlobalAveragePool", {filtered}), b.node("GlobalMaxPool", {wide})});
  EXPECT_EQ(optimised_ops(model).find("SeparableBlock"), std::string::npos) << optimised_ops(model);
  expect_same_outputs(model, {random_floats({1, 8, 70, 70}, 1)});
}

TEST(FuseSeparable, JoinsTwoStagesWhereTheThirdIsAnother) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 24, 70, 70});
  const Attributes depthwise = attributes({{"strides", std::vector<int64_t>{2, 2}}, {"group", int64_t{24}}});
  const ValueId behind = b.node("Conv", {b.node("Conv", {x, b.weights({24, 24, 1, 1})}), b.weights({24, 1, 3, 3})}, depthwise);
  const Model model = b.model({b.node("GlobalAveragePool", {b.node("Conv", {behind, b.weights({8, 24, 2, 2})})})});
  EXPECT_NE(optimised_ops(model).find("SeparableBlock Conv"), std::string::npos) << optimised_ops(model);
  expect_same_outputs(model, {random_floats({1, 24, 70, 70}, 1)});
}

}  // namespace
}  // namespace cnn
