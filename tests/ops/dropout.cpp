// SPDX-License-Identifier: MIT
#include "engine/ops/dropout.h"

#include <gtest/gtest.h>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

OpCall dropout(Tensor x, std::optional<float> ratio, std::optional<bool> training, int outputs = 1) {
  OpCall call;
  call.type = "Dropout";
  call.inputs = {std::move(x)};
  if (training)
    call.inputs.insert(call.inputs.end(),
                       {ratio ? std::optional(floats({}, {*ratio})) : std::nullopt, values_of<bool>({}, {*training})});
  call.constants_from = 1;
  call.outputs = outputs;
  return call;
}

TEST(Dropout, KeepsItsInputAndGivesAMaskOfOnes) {
  OpCall call = dropout(floats({1, 2, 2}, {1, 2, 3, 4}), {}, {}, 2);
  expect_close(run_op_ok(call, 0), *call.inputs[0], 0, 0);
  expect_close(run_op_ok(call, 1), values_of<bool>({1, 2, 2}, {true, true, true, true}), 0, 0);
  call.opset = 7;
  expect_close(run_op_ok(call, 1), floats({1, 2, 2}, {1, 1, 1, 1}), 0, 0);
}

TEST(Dropout, DropsInTrainingWhatNumPyDrops) {
  // numpy.random.RandomState(0).uniform(size=4): 0.5488 0.7152 0.6028 0.5449
  const OpCall call = dropout(floats({4}, {1, 2, 3, 4}), 0.6f, true, 2);
  expect_close(run_op_ok(call, 0), floats({4}, {0, 5, 7.5f, 0}));
  expect_close(run_op_ok(call, 1), values_of<bool>({4}, {false, true, true, false}));
}

TEST(Dropout, DoesNothingOutsideOfTrainingOrWithoutRatio) {
  const Tensor x = floats({2}, {1, 2});
  expect_close(run_op_ok(dropout(x, 0.6f, false)), x, 0, 0);
  expect_close(run_op_ok(dropout(x, 0.0f, true)), x, 0, 0);
}

TEST(Dropout, DisappearsFromGraphsThatOnlyInfer) {
  GraphBuilder builder;
  const ValueId x = builder.input("x", {1, 4});
  const ValueId off = builder.constant(values_of<bool>({}, {false})), ratio = builder.constant(floats({}, {0.5f}));
  const ValueId y = builder.node("Dropout", {builder.node("Relu", {x}), ratio, off});
  EXPECT_EQ(optimised_ops(builder.model({builder.node("Relu", {y})})), "Relu Relu");
}

TEST(Dropout, RefusesARatioOfOne) {
  const auto result = run_op(dropout(floats({1}, {1}), 1.0f, true));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().what, "ratio is 1, 0 to 1 is needed");
}

}  // namespace
}  // namespace cnn::test
