// SPDX-License-Identifier: MIT
#include "engine/ops/norm.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/run_op.h"

namespace cnn {
namespace {

using test::expect_close;
using test::floats;
using test::OpCall;
using test::run_op;
using test::run_op_ok;

OpCall call(std::string type, std::vector<std::optional<Tensor>> inputs, int opset = 15) {
  OpCall call;
  call.type = std::move(type);
  call.opset = opset;
  call.inputs = std::move(inputs);
  return call;
}

OpCall batch_norm() {
  OpCall norm = call("BatchNormalization", {floats({1, 2, 1, 2}, {1, 2, 3, 4}), floats({2}, {2, 3}),
                                            floats({2}, {10, 20}), floats({2}, {1, 1}), floats({2}, {3, 8})});
  norm.attributes.set("epsilon", 1.0f);
  return norm;
}

TEST(BatchNormalization, ScalesEachChannelInBothLayouts) {
  for (bool channels_last : {false, true})
    for (size_t constants_from : {1, 1000}) {
      OpCall norm = batch_norm();
      norm.channels_last = channels_last;
      norm.constants_from = constants_from;
      // sqrt(variance + epsilon) is 2 and 3.
      expect_close(run_op_ok(norm), floats({1, 2, 1, 2}, {10, 11, 22, 23}));
    }
}

TEST(BatchNormalization, TakesStatisticsOfTheBatchInTraining) {
  for (bool channels_last : {false, true}) {
    OpCall norm = batch_norm();
    norm.channels_last = channels_last;
    norm.attributes.set("training_mode", int64_t{1});
    norm.attributes.set("momentum", 0.5f);
    norm.attributes.set("epsilon", 0.0f);
    norm.outputs = 3;
    // Means 1.5 and 3.5, variances 0.25.
    expect_close(run_op_ok(norm, 0), floats({1, 2, 1, 2}, {8, 12, 17, 23}));
    expect_close(run_op_ok(norm, 1), floats({2}, {1.25f, 2.25f}));
    expect_close(run_op_ok(norm, 2), floats({2}, {1.625f, 4.125f}));
  }
}

TEST(BatchNormalization, WorksOnMatrices) {
  OpCall norm = batch_norm();
  norm.inputs[0] = floats({2, 2}, {1, 2, 3, 4});
  expect_close(run_op_ok(norm), floats({2, 2}, {10, 21, 12, 23}));
}

TEST(BatchNormalization, NamesVectorsThatDoNotFit) {
  OpCall norm = batch_norm();
  norm.inputs[3] = floats({3}, {1, 1, 1});
  auto refused = run_op(norm);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().what.find("input 3 has shape [3] but x has shape [1, 2, 1, 2]"), std::string::npos)
      << refused.error().what;
}

TEST(Lrn, DividesByTheNeighbouringChannels) {
  OpCall lrn = call("LRN", {floats({1, 4, 1, 1}, {1, 2, 3, 4})}, 13);
  lrn.attributes.set("size", int64_t{3});
  lrn.attributes.set("alpha", 3.0f);
  lrn.attributes.set("beta", 1.0f);
  lrn.attributes.set("bias", 2.0f);
  // Sums of squares 5, 14, 29, 25.
  expect_close(run_op_ok(lrn), floats({1, 4, 1, 1}, {1 / 7.0f, 2 / 16.0f, 3 / 31.0f, 4 / 27.0f}));
  lrn.attributes.set("size", int64_t{2});
  lrn.attributes.set("alpha", 2.0f);
  // An even window reaches one further up: 5, 13, 25, 16.
  expect_close(run_op_ok(lrn), floats({1, 4, 1, 1}, {1 / 7.0f, 2 / 15.0f, 3 / 27.0f, 4 / 18.0f}));
}

TEST(Lrn, AgreesWithTheFormulaOnManyChannels) {
  const Shape shape = {2, 37, 2, 3};
  const Tensor x = test::random_floats(shape, 5, -3, 3);
  OpCall lrn = call("LRN", {x}, 13);
  lrn.attributes.set("size", int64_t{5});
  lrn.attributes.set("alpha", 0.1f);
  std::vector<float> want;
  for (int64_t i = 0; i < element_count(shape); ++i) {
    const int64_t c = i / 6 % 37;
    double sum = 0;
    for (int64_t k = std::max<int64_t>(0, c - 2); k <= std::min<int64_t>(36, c + 2); ++k)
      sum += std::pow(double{x.data<float>()[i + (k - c) * 6]}, 2);
    want.push_back(static_cast<float>(x.data<float>()[i] / std::pow(1 + 0.1 / 5 * sum, 0.75)));
  }
  expect_close(run_op_ok(lrn), floats(shape, want), 1e-6, 1e-6);
}

TEST(InstanceNormalization, UsesTheStatisticsOfEachChannel) {
  OpCall norm =
      call("InstanceNormalization", {floats({1, 2, 1, 2}, {1, 3, 10, 30}), floats({2}, {1, 2}), floats({2}, {0, 5})});
  norm.attributes.set("epsilon", 0.0f);
  expect_close(run_op_ok(norm), floats({1, 2, 1, 2}, {-1, 1, 3, 7}));
}

TEST(GroupNormalization, UsesTheStatisticsOfEachGroup) {
  const Tensor x = floats({1, 4, 1, 1}, {1, 3, 10, 30});
  OpCall norm = call("GroupNormalization", {x, floats({4}, {1, 2, 3, 4}), floats({4}, {0, 0, 0, 1})}, 21);
  norm.attributes.set("num_groups", int64_t{2});
  norm.attributes.set("epsilon", 0.0f);
  expect_close(run_op_ok(norm), floats({1, 4, 1, 1}, {-1, 2, -3, 5}));
  norm.opset = 18;
  norm.inputs[1] = floats({2}, {1, 2});
  norm.inputs[2] = floats({2}, {0, 5});
  expect_close(run_op_ok(norm), floats({1, 4, 1, 1}, {-1, 1, 3, 7}));
  norm.attributes.set("num_groups", int64_t{3});
  EXPECT_FALSE(run_op(norm).ok());
}

TEST(LayerNormalization, GivesMeanAndInverseDeviation) {
  OpCall norm =
      call("LayerNormalization", {floats({2, 2}, {1, 3, 10, 30}), floats({2}, {1, 2}), floats({2}, {0, 5})}, 17);
  norm.attributes.set("epsilon", 0.0f);
  norm.outputs = 3;
  expect_close(run_op_ok(norm, 0), floats({2, 2}, {-1, 7, -1, 7}));
  expect_close(run_op_ok(norm, 1), floats({2, 1}, {2, 20}));
  expect_close(run_op_ok(norm, 2), floats({2, 1}, {1, 0.1f}));
}

TEST(LayerNormalization, TakesAScaleOfItsOwnForEachRow) {
  OpCall norm = call("LayerNormalization", {floats({2, 2}, {1, 3, 10, 30}), floats({2, 2}, {1, 2, 3, 4})}, 17);
  norm.attributes.set("epsilon", 0.0f);
  expect_close(run_op_ok(norm), floats({2, 2}, {-1, 2, -3, 4}));
}

TEST(RmsNormalization, LeavesTheMean) {
  OpCall norm = call("RMSNormalization", {floats({1, 2}, {6, 8}), floats({2}, {1, 2})}, 23);
  norm.attributes.set("epsilon", 0.0f);
  expect_close(run_op_ok(norm), floats({1, 2}, {0.84852814f, 2.2627417f}));
}

TEST(RmsNormalization, TakesRowsWithoutElements) {
  const OpCall norm = call("RMSNormalization", {floats({3, 0}, {}), floats({0}, {})}, 23);
  EXPECT_EQ(run_op_ok(norm).desc.shape, (Shape{3, 0}));
}

TEST(MeanVarianceNormalization, TakesBatchAndPixelsTogetherByDefault) {
  for (bool channels_last : {false, true}) {
    OpCall norm = call("MeanVarianceNormalization", {floats({2, 2, 1, 1}, {1, 10, 3, 30})}, 13);
    norm.channels_last = channels_last;
    expect_close(run_op_ok(norm), floats({2, 2, 1, 1}, {-1, -1, 1, 1}));
  }
}

TEST(LpNormalization, DividesByTheNorm) {
  OpCall norm = call("LpNormalization", {floats({2, 2}, {3, -4, 0, 0})}, 13);
  expect_close(run_op_ok(norm), floats({2, 2}, {0.6f, -0.8f, 0, 0}));
  norm.attributes.set("p", int64_t{1});
  norm.attributes.set("axis", int64_t{0});
  norm.inputs[0] = floats({2, 2}, {3, -4, 1, 4});
  expect_close(run_op_ok(norm), floats({2, 2}, {0.75f, -0.5f, 0.25f, 0.5f}));
}

TEST(BatchNormalization, OfOldOpsetsMayNormaliseEveryElementByItself) {
  OpCall call;
  call.type = "BatchNormalization";
  call.opset = 8;
  call.attributes.set("spatial", int64_t{0});
  call.attributes.set("epsilon", 0.0f);
  call.inputs = {floats({2, 1, 2, 1}, {1, 2, 3, 4}), floats({1, 2, 1}, {1, 10}), floats({1, 2, 1}, {0, 100}),
                 floats({1, 2, 1}, {1, 2}), floats({1, 2, 1}, {1, 4})};
  const Tensor expected = floats({2, 1, 2, 1}, {0, 100, 2, 110});
  expect_close(run_op_ok(call), expected);
  call.constants_from = 1;
  expect_close(run_op_ok(call), expected);
}

}  // namespace
}  // namespace cnn
