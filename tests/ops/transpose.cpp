// SPDX-License-Identifier: MIT
#include "engine/ops/transpose.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

Tensor transposed(const Tensor& data, const Attributes& attributes = {}) {
  OpCall call;
  call.type = "Transpose";
  call.inputs = {data};
  call.attributes = attributes;
  return run_op_ok(call);
}

TEST(Transpose, ReversesAxesByDefault) {
  expect_close(transposed(floats({2, 3}, {1, 2, 3,  //
                                          4, 5, 6})),
               floats({3, 2}, {1, 4,  //
                               2, 5,  //
                               3, 6}),
               0, 0);
}

TEST(Transpose, PermutesAnyElementType) {
  const Tensor bytes = values_of<int8_t>({1, 2, 3}, {1, 2, 3, 4, 5, 6});
  expect_close(transposed(bytes, attributes({{"perm", std::vector<int64_t>{2, 0, 1}}})),
               values_of<int8_t>({3, 1, 2}, {1, 4, 2, 5, 3, 6}), 0, 0);
  const Tensor longs = values_of<int64_t>({2, 2}, {1, 2, 3, 4});
  expect_close(transposed(longs), values_of<int64_t>({2, 2}, {1, 3, 2, 4}), 0, 0);
}

TEST(Transpose, ThereAndBackIsTheSame) {
  const Tensor data = random_floats({2, 5, 7, 3}, 3);
  const Tensor there = transposed(data, attributes({{"perm", std::vector<int64_t>{0, 2, 3, 1}}}));
  EXPECT_EQ(there.desc.shape, (Shape{2, 7, 3, 5}));
  EXPECT_EQ(there.values<float>()[1], data.values<float>()[21]) << "second channel of the first pixel";
  expect_close(transposed(there, attributes({{"perm", std::vector<int64_t>{0, 3, 1, 2}}})), data, 0, 0);
}

TEST(Transpose, RefusesWrongPermutations) {
  auto failure = [](std::vector<int64_t> perm) {
    OpCall call;
    call.type = "Transpose";
    call.inputs = {random_floats({2, 3}, 1)};
    call.attributes = attributes({{"perm", perm}});
    const auto result = run_op(call);
    return result ? "no failure" : result.error().what;
  };
  EXPECT_EQ(failure({0, 1, 2}), "perm [0, 1, 2] does not fit data [2, 3]");
  EXPECT_EQ(failure({1, 1}), "axis 1 is named twice");
  EXPECT_EQ(failure({0, 2}), "axis 2 is outside of a tensor with 2 dimensions");
  EXPECT_EQ(failure({0, -1}), "perm has the negative axis -1");
}

TEST(Transpose, RefusesMoreThanEightDimensions) {
  OpCall call;
  call.type = "Transpose";
  call.inputs = {random_floats(Shape(9, 1), 1)};
  const auto result = run_op(call);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().what,
            "data [1, 1, 1, 1, 1, 1, 1, 1, 1] has 9 dimensions, at most 8 are supported");
}

}  // namespace
}  // namespace cnn::test
