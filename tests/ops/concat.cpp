// SPDX-License-Identifier: MIT
#include "engine/ops/concat.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

OpCall concat(std::vector<std::optional<Tensor>> inputs, int64_t axis) {
  OpCall call;
  call.type = "Concat";
  call.inputs = std::move(inputs);
  call.attributes = attributes({{"axis", axis}});
  return call;
}

TEST(Concat, JoinsAlongAnyAxis) {
  const Tensor a = floats({2, 2}, {1, 2,  //
                                   3, 4});
  const Tensor b = floats({2, 1}, {5,  //
                                   6});
  expect_close(run_op_ok(concat({a, b}, 1)), floats({2, 3}, {1, 2, 5,  //
                                                             3, 4, 6}),
               0, 0);
  expect_close(run_op_ok(concat({b, a}, -1)), floats({2, 3}, {5, 1, 2,  //
                                                              6, 3, 4}),
               0, 0);
  expect_close(run_op_ok(concat({a, a}, 0)), floats({4, 2}, {1, 2, 3, 4, 1, 2, 3, 4}), 0, 0);
}

TEST(Concat, JoinsChannelsInBothLayouts) {
  OpCall call = concat({random_floats({2, 3, 4, 5}, 1), random_floats({2, 7, 4, 5}, 2), random_floats({2, 1, 4, 5}, 3)}, 1);
  const Tensor plain = run_op_ok(call);
  EXPECT_EQ(plain.desc.shape, (Shape{2, 11, 4, 5}));
  EXPECT_EQ(plain.values<float>()[60], call.inputs[1]->values<float>()[0]);
  EXPECT_EQ(plain.values<float>()[200], call.inputs[2]->values<float>()[0]);
  EXPECT_EQ(plain.values<float>()[220], call.inputs[0]->values<float>()[60]);
  call.channels_last = true;
  expect_close(run_op_ok(call), plain, 0, 0);
}

TEST(Concat, TakesConstantsAndEmptyTensors) {
  OpCall call = concat({floats({1, 2}, {1, 2}), floats({1, 0}, {}), floats({1, 1}, {3})}, 1);
  call.constants_from = 2;
  expect_close(run_op_ok(call), floats({1, 3}, {1, 2, 3}), 0, 0);
}

TEST(Concat, NamesTheInputThatDoesNotFit) {
  const auto result = run_op(concat({floats({2, 1}, {1, 2}), floats({3, 1}, {1, 2, 3})}, 1));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().what, "input 1 [3, 1] cannot be joined to [2, 1] along axis 1");
  const auto types = run_op(concat({floats({1}, {1}), values_of<int64_t>({1}, {1})}, 0));
  ASSERT_FALSE(types.ok());
  EXPECT_EQ(types.error().what, "input 1 is int64 but input 0 is float32");
}

}  // namespace
}  // namespace cnn::test
