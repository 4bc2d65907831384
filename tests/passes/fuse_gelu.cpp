// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn {
namespace {

using test::GraphBuilder;
using test::optimised_ops;
using test::random_floats;

ValueId number(GraphBuilder& b, float value) { return b.constant(test::floats({}, {value})); }

/// As PyTorch writes it; `half_first`: x / 2 times the sum.
ValueId gelu(GraphBuilder& b, ValueId x, float root, bool half_first) {
  const ValueId opened = b.node("Add", {b.node("Erf", {b.node("Div", {x, number(b, root)})}), number(b, 1)});
  if (half_first) return b.node("Mul", {b.node("Mul", {x, number(b, 0.5f)}), opened});
  return b.node("Mul", {b.node("Mul", {x, opened}), number(b, 0.5f)});
}

TEST(FuseGelu, MakesOneNode) {
  for (bool half_first : {false, true}) {
    GraphBuilder b;
    const Model model = b.model({gelu(b, b.input("x", {1, 5, 7}), 1.41421356f, half_first)});
    EXPECT_EQ(optimised_ops(model), "Gelu");
    test::expect_same_outputs(model, {random_floats({1, 5, 7}, 1)});
  }
}

TEST(FuseGelu, GoesIntoTheConvBeforeIt) {
  GraphBuilder b;
  const ValueId x = b.node("Conv", {b.input("x", {1, 3, 6, 5}), b.weights({9, 3, 3, 3})});
  const Model model = b.model({gelu(b, x, 1.41421356f, false)});
  test::expect_same_outputs(model, {random_floats({1, 3, 6, 5}, 1)});
}

TEST(FuseGelu, LeavesOtherFunctionsAlone) {
  GraphBuilder b;
  const Model model = b.model({gelu(b, b.input("x", {1, 5}), 1.5f, false)});
  EXPECT_EQ(optimised_ops(model).find("Gelu"), std::string::npos) << optimised_ops(model);
  test::expect_same_outputs(model, {random_floats({1, 5}, 1)});
}

}  // namespace
}  // namespace cnn
