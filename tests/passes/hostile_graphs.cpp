// SPDX-License-Identifier: MIT
// Graphs that no exporter writes: they are refused with an Error, or run.
#include <gtest/gtest.h>

#include "engine/ops/op_table.h"
#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn {
namespace {

using test::attributes;
using test::GraphBuilder;
using Integers = std::vector<int64_t>;

void expect_refused(const Model& model, const std::string& reason) {
  auto session = Session::open(model, {});
  ASSERT_FALSE(session.ok());
  EXPECT_NE(session.error().what.find(reason), std::string::npos) << session.error().what;
}

TEST(HostileGraph, RefusesMoreInputsThanTheOperatorHas) {
  GraphBuilder relu;
  const ValueId x = relu.input("x", {1, 2});
  expect_refused(relu.model({relu.node("Relu", {x, relu.weights({1, 1, 3, 1, 2})})}), "2 inputs");
  GraphBuilder prelu;
  const ValueId y = prelu.input("x", {1, 2});
  const ValueId slope = prelu.weights({2});
  expect_refused(prelu.model({prelu.node("PRelu", {y, slope, slope, slope, slope})}), "5 inputs");
}

TEST(HostileGraph, RefusesBoundsOfAnotherType) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 2});
  expect_refused(b.model({b.node("Clip", {x, b.constant(test::values_of<uint8_t>({}, {1}))})}), "uint8");
}

TEST(HostileGraph, SplitsWithoutItsMiddleOutput) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 6});
  Model model = b.model(
      {b.node("Split", {x, b.integers({1, 2, 3})}, attributes({{"axis", int64_t{1}}, {"num_outputs", int64_t{3}}}))});
  const ValueId last = model.graph.add_value({"last", {}, Layout::Plain, {}});
  model.graph.nodes[0].outputs = {model.graph.nodes[0].outputs[0], no_value, last};
  model.graph.outputs = {last};
  const auto results = test::run_model(model, {test::floats({1, 6}, {1, 2, 3, 4, 5, 6})});
  ASSERT_EQ(results.size(), 1u);
  test::expect_close(results[0], test::floats({1, 3}, {4, 5, 6}), 0, 0);
}

TEST(HostileGraph, RefusesWeightsThatOnlyClaimTaps) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 0, 4, 4});
  const ValueId weights = b.constant(make_tensor({DataType::Float32, {4, 0, 1 << 12, 1 << 12}}).tensor);
  expect_refused(b.model({b.node("Conv", {x, weights}, attributes({{"pads", Integers(4, 1 << 12)}}))}),
                 "without an element");
}

TEST(HostileGraph, RefusesEmptyTensorsWithEndlessAxes) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, int64_t{1} << 40, 0, 4});
  expect_refused(b.model({b.node("MatMul", {x, b.weights({4, 2})})}), "2^40");
}

TEST(HostileGraph, RefusesTransposedKernelsOfEndlessReach) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 1, 1, 2});
  const Model model = b.model(
      {b.node("ConvTranspose", {x, b.weights({1, 1, 1, 1 << 16})}, attributes({{"strides", Integers{1, 1 << 20}}}))});
  expect_refused(model, "too large");
}

TEST(HostileGraph, RefusesConstantsThatTakeForever) {
  GraphBuilder b;
  const auto ones = [&](const Shape& shape) {
    return b.node("Expand", {b.weights({1, 1}), b.constant(tensor_of<int64_t>({2}, std::span<const int64_t>(shape)))});
  };
  const ValueId x = b.input("x", {1, 1});
  expect_refused(b.model({b.node("Add", {x, b.node("MatMul", {ones({1 << 10, 1 << 12}), ones({1 << 12, 1 << 11})})})}),
                 "too many operations");
}

TEST(HostileGraph, ShrinksToNothing) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 2, 3, 4});
  const ValueId scales = b.constant(test::floats({4}, {1, 1, 1e-38f, 1}));
  const Model model = b.model({b.node("Resize", {x, no_value, scales},
                                      attributes({{"mode", std::string("linear")}, {"antialias", int64_t{1}}}))});
  const auto results = test::run_model(model, {test::random_floats({1, 2, 3, 4}, 1)});
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].desc.shape, (Shape{1, 2, 0, 4}));
}

}  // namespace
}  // namespace cnn
