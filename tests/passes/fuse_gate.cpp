// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn {
namespace {

using test::attributes;
using test::expect_same_outputs;
using test::GraphBuilder;
using test::optimised_ops;
using test::random_floats;

/// x times a number per image and channel, computed from x.
ValueId gated(GraphBuilder& b, ValueId x, int64_t channels, bool gate_first = false) {
  const ValueId pooled = b.node("GlobalAveragePool", {x});
  const ValueId gate = b.node("Sigmoid", {b.node("Conv", {pooled, b.weights({channels, channels, 1, 1})})});
  return gate_first ? b.node("Mul", {gate, x}) : b.node("Mul", {x, gate});
}

TEST(FuseGate, MultipliesTheWeightsInsteadOfTheMap) {
  for (bool gate_first : {false, true}) {
    GraphBuilder b;
    const ValueId x = b.node("Relu", {b.input("x", {1, 20, 7, 9})});
    const ValueId y = b.node("Conv", {gated(b, x, 20, gate_first), b.weights({19, 20, 1, 1}), b.weights({19})});
    const Model model = b.model({b.node("Relu", {y})});
    EXPECT_EQ(optimised_ops(model), "Relu GlobalAveragePool Conv View GatedPointwise Reorder");
    expect_same_outputs(model, {random_floats({1, 20, 7, 9}, 1)});
  }
}

TEST(FuseGate, GivesEachImageItsOwnGateAndResidual) {
  GraphBuilder b;
  const ValueId x = b.node("Relu", {b.input("x", {1, 12, 6, 5})});
  const Model model = b.model({b.node("Add", {b.node("Conv", {gated(b, x, 12), b.weights({12, 12, 1, 1})}), x})});
  EXPECT_NE(optimised_ops(model).find("GatedPointwise"), std::string::npos) << optimised_ops(model);
  const Tensor images = random_floats({3, 12, 6, 5}, 2);
  SessionOptions options;
  options.max_batch = 3;
  const auto together = test::run_model(model, {images}, options);
  options.optimise = false;
  const auto expected = test::run_model(model, {images}, options);
  ASSERT_EQ(together.size(), 1u);
  test::expect_close(together[0], expected[0], 1e-5, 1e-5);
}

TEST(FuseGate, WorksInsideAConcatenation) {
  GraphBuilder b;
  const ValueId x = b.node("Relu", {b.input("x", {1, 12, 6, 5})});
  const ValueId joined = b.node("Concat", {b.node("Conv", {gated(b, x, 12), b.weights({9, 12, 1, 1})}), x},
                                attributes({{"axis", int64_t{1}}}));
  expect_same_outputs(b.model({b.node("GlobalMaxPool", {joined})}), {random_floats({1, 12, 6, 5}, 3)});
}

TEST(FuseGate, LeavesFewPixelsOtherReadersAndOtherFactorsAlone) {
  const auto ops = [](GraphBuilder& b, std::vector<ValueId> outputs) { return optimised_ops(b.model(outputs)); };
  GraphBuilder few;
  const ValueId small = few.node("Relu", {few.input("x", {1, 20, 2, 2})});
  EXPECT_EQ(ops(few, {few.node("Conv", {gated(few, small, 20), few.weights({20, 20, 1, 1})})}).find("Gated"),
            std::string::npos);
  GraphBuilder read;
  const ValueId map = read.node("Relu", {read.input("x", {1, 20, 7, 9})});
  const ValueId product = gated(read, map, 20);
  EXPECT_EQ(ops(read, {read.node("Conv", {product, read.weights({20, 20, 1, 1})}), read.node("Tanh", {product})})
                .find("Gated"),
            std::string::npos);
  GraphBuilder other;
  const ValueId x = other.input("x", {1, 20, 7, 9}), per_pixel = other.input("y", {1, 1, 7, 9});
  EXPECT_EQ(ops(other, {other.node("Conv", {other.node("Mul", {x, per_pixel}), other.weights({20, 20, 1, 1})})})
                .find("Gated"),
            std::string::npos);
}

}  // namespace
}  // namespace cnn
