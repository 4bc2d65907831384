// SPDX-License-Identifier: MIT
#include "engine/ops/split.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

OpCall split(const Tensor& data, const Attributes& attributes, int outputs, int opset = 18) {
  OpCall call;
  call.type = "Split";
  call.opset = opset;
  call.inputs = {data};
  call.attributes = attributes;
  call.outputs = outputs;
  call.constants_from = 1;
  return call;
}

const Tensor six = floats({2, 3}, {1, 2, 3,  //
                                   4, 5, 6});

TEST(Split, TakesEqualParts) {
  const OpCall call = split(floats({4}, {1, 2, 3, 4}), {}, 2, 13);
  expect_close(run_op_ok(call, 0), floats({2}, {1, 2}), 0, 0);
  expect_close(run_op_ok(call, 1), floats({2}, {3, 4}), 0, 0);
}

TEST(Split, MakesTheLastPartSmallerFromOpset18On) {
  const OpCall call = split(six, attributes({{"axis", int64_t{-1}}, {"num_outputs", int64_t{2}}}), 2);
  expect_close(run_op_ok(call, 0), floats({2, 2}, {1, 2,  //
                                                   4, 5}),
               0, 0);
  expect_close(run_op_ok(call, 1), floats({2, 1}, {3,  //
                                                   6}),
               0, 0);
  const auto old = run_op(split(six, attributes({{"axis", int64_t{1}}}), 2, 13));
  ASSERT_FALSE(old.ok());
  EXPECT_EQ(old.error().what, "axis 1 of [2, 3] cannot be split into 2 equal parts");
}

TEST(Split, TakesSizesFromAttributeOrInput) {
  const Attributes by_attribute = attributes({{"axis", int64_t{1}}, {"split", std::vector<int64_t>{1, 2}}});
  expect_close(run_op_ok(split(six, by_attribute, 2, 11), 1), floats({2, 2}, {2, 3, 5, 6}), 0, 0);
  OpCall call = split(six, attributes({{"axis", int64_t{1}}}), 3);
  call.inputs.push_back(values_of<int64_t>({3}, {0, 1, 2}));
  EXPECT_EQ(run_op_ok(call, 0).desc.shape, (Shape{2, 0}));
  expect_close(run_op_ok(call, 2), floats({2, 2}, {2, 3, 5, 6}), 0, 0);
}

TEST(Split, PartsChannelsInBothLayouts) {
  OpCall call = split(random_floats({2, 6, 3, 5}, 4), attributes({{"axis", int64_t{1}}}), 2);
  call.inputs.push_back(values_of<int64_t>({2}, {2, 4}));
  const Tensor plain = run_op_ok(call, 1);
  EXPECT_EQ(plain.values<float>()[0], call.inputs[0]->values<float>()[30]);
  call.channels_last = true;
  expect_close(run_op_ok(call, 1), plain, 0, 0);
}

TEST(Split, NamesSizesThatDoNotAddUp) {
  auto failure = [](std::vector<int64_t> sizes) {
    const auto result = run_op(split(six, attributes({{"axis", int64_t{1}}, {"split", sizes}}), 2, 11));
    return result ? "no failure" : result.error().what;
  };
  EXPECT_EQ(failure({1, 1}), "split [1, 1] leaves 1 of axis 1 of [2, 3]");
  EXPECT_EQ(failure({2, 2}), "split [2, 2] does not add up to axis 1 of [2, 3]");
  EXPECT_EQ(failure({3}), "split has 1 sizes for 2 outputs");
}

}  // namespace
}  // namespace cnn::test
