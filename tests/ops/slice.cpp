// SPDX-License-Identifier: MIT
#include "engine/ops/slice.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

using List = std::vector<int64_t>;

Tensor list(const List& values) {
  return tensor_of<int64_t>({static_cast<int64_t>(values.size())}, std::span<const int64_t>(values));
}

OpCall slice(const Tensor& data, const List& starts, const List& ends, std::optional<List> axes = {},
             std::optional<List> steps = {}) {
  OpCall call;
  call.type = "Slice";
  call.inputs = {data, list(starts), list(ends)};
  if (axes || steps) call.inputs.push_back(axes ? std::optional(list(*axes)) : std::nullopt);
  if (steps) call.inputs.push_back(list(*steps));
  call.constants_from = 1;
  return call;
}

const Tensor picture = floats({3, 4}, {1, 2, 3, 4,  //
                                       5, 6, 7, 8,  //
                                       9, 10, 11, 12});
constexpr int64_t far = std::numeric_limits<int64_t>::max();
constexpr int64_t near = std::numeric_limits<int64_t>::min();

TEST(Slice, TakesAWindow) {
  expect_close(run_op_ok(slice(picture, {1, 0}, {3, 2})), floats({2, 2}, {5, 6,  //
                                                                          9, 10}),
               0, 0);
}

TEST(Slice, ClampsBoundsAndCountsFromTheEnd) {
  expect_close(run_op_ok(slice(picture, {-2}, {far}, List{-1})), floats({3, 2}, {3, 4, 7, 8, 11, 12}), 0, 0);
  expect_close(run_op_ok(slice(picture, {near}, {-3}, List{1})), floats({3, 1}, {1, 5, 9}), 0, 0);
  EXPECT_EQ(run_op_ok(slice(picture, {2}, {1}, List{0})).desc.shape, (Shape{0, 4}));
  EXPECT_EQ(run_op_ok(slice(picture, {100}, {far}, List{0})).desc.shape, (Shape{0, 4}));
}

TEST(Slice, StepsForwardsAndBackwards) {
  expect_close(run_op_ok(slice(picture, {0, 1}, {far, far}, {}, List{2, 2})), floats({2, 2}, {2, 4,  //
                                                                                              10, 12}),
               0, 0);
  expect_close(run_op_ok(slice(picture, {-1}, {near}, List{1}, List{-3})), floats({3, 2}, {4, 1,  //
                                                                                           8, 5,  //
                                                                                           12, 9}),
               0, 0);
  expect_close(run_op_ok(slice(picture, {far}, {0}, List{0}, List{-1})), floats({2, 4}, {9, 10, 11, 12, 5, 6, 7, 8}), 0,
               0);
  expect_close(run_op_ok(slice(picture, {1}, {far}, List{0}, List{far})), floats({1, 4}, {5, 6, 7, 8}), 0, 0);
  expect_close(run_op_ok(slice(picture, {1}, {near}, List{0}, List{near})), floats({1, 4}, {5, 6, 7, 8}), 0, 0);
}

TEST(Slice, TakesAttributesBelowOpset10) {
  OpCall call;
  call.type = "Slice";
  call.opset = 9;
  call.inputs = {picture};
  call.attributes = attributes({{"starts", List{1}}, {"ends", List{-1}}, {"axes", List{1}}});
  expect_close(run_op_ok(call), floats({3, 2}, {2, 3, 6, 7, 10, 11}), 0, 0);
}

TEST(Slice, IsTheSameInBothLayouts) {
  OpCall call = slice(random_floats({2, 5, 6, 7}, 5), {1, 5, 0}, {4, near, far}, List{1, 2, 3}, List{2, -2, 2});
  const Tensor plain = run_op_ok(call);
  EXPECT_EQ(plain.desc.shape, (Shape{2, 2, 3, 4}));
  EXPECT_EQ(plain.values<float>()[1], call.inputs[0]->values<float>()[42 + 35 + 2]);
  call.channels_last = true;
  expect_close(run_op_ok(call), plain, 0, 0);
}

TEST(Slice, MovesAnyElementType) {
  expect_close(run_op_ok(slice(values_of<uint8_t>({4}, {1, 2, 3, 4}), {1}, {3})), values_of<uint8_t>({2}, {2, 3}), 0, 0);
  expect_close(run_op_ok(slice(values_of<int16_t>({3}, {1, 2, 3}), {2}, {near}, {}, List{-1})),
               values_of<int16_t>({3}, {3, 2, 1}), 0, 0);
}

TEST(Slice, NamesBoundsThatDoNotFit) {
  auto failure = [](const OpCall& call) {
    const auto result = run_op(call);
    return result ? "no failure" : result.error().what;
  };
  EXPECT_EQ(failure(slice(picture, {0}, {1}, List{2})), "axis 2 is outside of a tensor with 2 dimensions");
  EXPECT_EQ(failure(slice(picture, {0}, {1}, List{1}, List{0})), "the step along axis 1 is 0");
  EXPECT_EQ(failure(slice(picture, {0, 0}, {1})), "there are 2 starts, 1 ends, 2 axes and 2 steps");
  OpCall unknown = slice(picture, {0}, {1});
  unknown.constants_from = 3;
  EXPECT_EQ(failure(unknown), "starts must be known when the model is opened");
}

}  // namespace
}  // namespace cnn::test
