// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn {
namespace {

using test::attributes;
using test::GraphBuilder;
using test::optimised_ops;
using test::random_floats;

const Attributes to_channels_last = attributes({{"perm", std::vector<int64_t>{0, 2, 3, 1}}});
const Attributes to_channels_first = attributes({{"perm", std::vector<int64_t>{0, 3, 1, 2}}});

TEST(FuseDense, TakesBiasScaleResidualAndActivation) {
  for (const Shape& vector : {Shape{7}, Shape{1, 1, 7}, Shape{1}}) {
    GraphBuilder b;
    const ValueId x = b.input("x", {1, 6, 5}), other = b.input("other", {1, 6, 7});
    const ValueId product = b.node("MatMul", {x, b.weights({5, 7})});
    const ValueId sum = b.node("Add", {b.weights(vector), product});
    const ValueId scaled = b.node("Mul", {sum, b.weights(vector)});
    const Model model = b.model({b.node("Relu", {b.node("Add", {other, scaled})})});
    EXPECT_EQ(optimised_ops(model), "MatMul");
    test::expect_same_outputs(model, {random_floats({1, 6, 5}, 1), random_floats({1, 6, 7}, 2)});
  }
}

TEST(FuseDense, LeavesWhatOthersReadOrDoesNotFollowTheColumns) {
  GraphBuilder b;
  const ValueId product = b.node("MatMul", {b.input("x", {1, 5}), b.weights({5, 7})});
  const Model twice = b.model({b.node("Add", {product, b.weights({7})}), b.node("Relu", {product})});
  EXPECT_EQ(optimised_ops(twice), "MatMul Add Relu");
  GraphBuilder c;
  const ValueId rows = c.node("MatMul", {c.input("x", {1, 3, 3}), c.weights({3, 3})});
  const Model by_row = c.model({c.node("Add", {rows, c.weights({3, 1})})});
  EXPECT_EQ(optimised_ops(by_row), "MatMul Add");
  test::expect_same_outputs(by_row, {random_floats({1, 3, 3}, 1)});
}

TEST(FuseDense, LeavesAProductOfTwoActivations) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 4, 4});
  EXPECT_EQ(optimised_ops(b.model({b.node("Add", {b.node("MatMul", {x, x}), b.weights({4})})})), "MatMul Add");
}

/// The end of a ConvNeXt block: Linear, back to channels first, a scale per channel, and the block's input.
TEST(SinkTransposes, LetsABlockEndInTheProduct) {
  GraphBuilder b;
  const ValueId x = b.node("Conv", {b.input("x", {1, 3, 6, 5}), b.weights({9, 3, 1, 1})});
  const ValueId turned = b.node("Transpose", {x}, to_channels_last);
  const ValueId wide = b.node("Relu", {b.node("Add", {b.node("MatMul", {turned, b.weights({9, 20})}), b.weights({20})})});
  const ValueId narrow = b.node("Add", {b.node("MatMul", {wide, b.weights({20, 9})}), b.weights({9})});
  const ValueId back = b.node("Transpose", {narrow}, to_channels_first);
  const ValueId scaled = b.node("Mul", {b.weights({9, 1, 1}), back});
  const ValueId sum = b.node("Add", {scaled, x});
  const Model model = b.model({b.node("Conv", {sum, b.weights({2, 9, 1, 1})})});
  EXPECT_EQ(optimised_ops(model), "Conv View MatMul View MatMul View Conv Reorder");
  test::expect_same_outputs(model, {random_floats({1, 3, 6, 5}, 1)});
}

TEST(SinkTransposes, KeepsATransposeThatOthersReadOrThatNothingFollows) {
  GraphBuilder b;
  const ValueId product = b.node("MatMul", {b.input("x", {1, 2, 3, 4}), b.weights({4, 5})});
  const ValueId turned = b.node("Transpose", {product}, attributes({{"perm", std::vector<int64_t>{0, 3, 2, 1}}}));
  const Model twice = b.model({b.node("Mul", {turned, b.weights({5, 1, 1})}), turned});
  EXPECT_EQ(optimised_ops(twice), "MatMul Transpose Mul");
  test::expect_same_outputs(twice, {random_floats({1, 2, 3, 4}, 1)});
}

TEST(SinkTransposes, SeesConstantsFromTheOtherSide) {
  for (const Shape& shape : {Shape{}, Shape{2}, Shape{3, 1}, Shape{5, 1, 1}, Shape{1, 1, 1, 1}}) {
    GraphBuilder b;
    const ValueId product = b.node("MatMul", {b.input("x", {1, 2, 3, 4}), b.weights({4, 5})});
    const ValueId turned = b.node("Transpose", {product}, attributes({{"perm", std::vector<int64_t>{0, 3, 2, 1}}}));
    const Model model = b.model({b.node("Add", {b.node("Mul", {turned, b.weights(shape)}), b.weights({5, 1, 1})})});
    test::expect_same_outputs(model, {random_floats({1, 2, 3, 4}, 1)});
  }
}

}  // namespace
}  // namespace cnn
