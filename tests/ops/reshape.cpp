// SPDX-License-Identifier: MIT
#include "engine/ops/reshape.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

Tensor ints(std::initializer_list<int64_t> values) {
  return values_of<int64_t>({static_cast<int64_t>(values.size())}, values);
}

Shape view(const std::string& type, const Shape& shape, std::vector<std::optional<Tensor>> more = {},
           const Attributes& attributes = {}, int opset = 18) {
  OpCall call;
  call.type = type;
  call.opset = opset;
  call.attributes = attributes;
  call.inputs = {random_floats(shape, 1)};
  call.inputs.insert(call.inputs.end(), more.begin(), more.end());
  call.constants_from = 1;
  const Tensor result = run_op_ok(call);
  const Tensor same_bytes{{DataType::Float32, result.desc.shape}, call.inputs[0]->bytes};
  expect_close(result, same_bytes, 0, 0);
  return result.desc.shape;
}

std::string failure(const std::string& type, const Shape& shape, std::vector<std::optional<Tensor>> more,
                    const Attributes& attributes = {}, size_t constants_from = 1) {
  OpCall call;
  call.type = type;
  call.attributes = attributes;
  call.inputs = {random_floats(shape, 1)};
  call.inputs.insert(call.inputs.end(), more.begin(), more.end());
  call.constants_from = constants_from;
  const auto result = run_op(call);
  return result ? "no failure" : result.error().what;
}

TEST(Reshape, KeepsZerosAndFillsOneOpenExtent) {
  EXPECT_EQ(view("Reshape", {2, 3, 4}, {ints({0, -1})}), (Shape{2, 12}));
  EXPECT_EQ(view("Reshape", {2, 3, 4}, {ints({4, 2, 3})}), (Shape{4, 2, 3}));
  EXPECT_EQ(view("Reshape", {2, 3, 4}, {ints({2, 0, 1, -1})}), (Shape{2, 3, 1, 4}));
  EXPECT_EQ(view("Reshape", {1}, {ints({})}), (Shape{}));
}

TEST(Reshape, AllowZeroTakesZeroLiterally) {
  EXPECT_EQ(view("Reshape", {0, 3}, {ints({3, 0})}, attributes({{"allowzero", int64_t{1}}})), (Shape{3, 0}));
}

TEST(Reshape, NamesTheCountsThatDoNotFit) {
  EXPECT_EQ(failure("Reshape", {2, 3}, {ints({4, 2})}),
            "reshape of [2, 3] with 6 elements to [4, 2] with 8");
  EXPECT_EQ(failure("Reshape", {2, 3}, {ints({4, -1})}),
            "reshape of [2, 3] with 6 elements to [4, ?], which is not a multiple of 4");
  EXPECT_EQ(failure("Reshape", {2, 3}, {ints({-1, -1})}),
            "reshape of [2, 3] leaves extents 0 and 1 open, only one may be");
  EXPECT_EQ(failure("Reshape", {2, 3}, {ints({6, -2})}), "reshape of [2, 3] to extent -2");
  EXPECT_EQ(failure("Reshape", {2, 3}, {ints({2, 3, 0})}), "reshape to [2, 3, 0] keeps extent 2 of [2, 3]");
}

TEST(Reshape, NeedsAKnownShape) {
  EXPECT_EQ(failure("Reshape", {2, 3}, {ints({3, 2})}, {}, 2), "shape must be known when the model is opened");
  EXPECT_EQ(failure("Reshape", {2, 3}, {}), "input 1 (shape) is missing");
}

TEST(Flatten, JoinsExtentsOnBothSidesOfTheAxis) {
  EXPECT_EQ(view("Flatten", {2, 3, 4}), (Shape{2, 12}));
  EXPECT_EQ(view("Flatten", {2, 3, 4}, {}, attributes({{"axis", int64_t{0}}})), (Shape{1, 24}));
  EXPECT_EQ(view("Flatten", {2, 3, 4}, {}, attributes({{"axis", int64_t{3}}})), (Shape{24, 1}));
  EXPECT_EQ(view("Flatten", {2, 3, 4}, {}, attributes({{"axis", int64_t{-1}}})), (Shape{6, 4}));
  EXPECT_EQ(failure("Flatten", {2, 3}, {}, attributes({{"axis", int64_t{3}}})), "axis 3 is outside of [2, 3]");
}

TEST(Squeeze, DropsNamedAxesOrAllOfExtentOne) {
  EXPECT_EQ(view("Squeeze", {1, 3, 1, 5}), (Shape{3, 5}));
  EXPECT_EQ(view("Squeeze", {1, 3, 1, 5}, {ints({-2})}), (Shape{1, 3, 5}));
  EXPECT_EQ(view("Squeeze", {1, 3, 1, 5}, {}, attributes({{"axes", std::vector<int64_t>{0}}}), 11), (Shape{3, 1, 5}));
  EXPECT_EQ(failure("Squeeze", {1, 3}, {ints({1})}),
            "axis 1 of [1, 3] has extent 3, only 1 can be squeezed");
}

TEST(Unsqueeze, AddsAxesOfTheResult) {
  EXPECT_EQ(view("Unsqueeze", {3, 4}, {ints({0, -1})}), (Shape{1, 3, 4, 1}));
  EXPECT_EQ(view("Unsqueeze", {3, 4}, {ints({3, 1, 2})}), (Shape{3, 1, 1, 1, 4}));
  EXPECT_EQ(view("Unsqueeze", {3, 4}, {}, attributes({{"axes", std::vector<int64_t>{1}}}), 9), (Shape{3, 1, 4}));
  EXPECT_EQ(failure("Unsqueeze", {3, 4}, {ints({1, 1})}), "axis 1 is named twice");
  EXPECT_EQ(failure("Unsqueeze", {3, 4}, {ints({3})}), "axis 3 is outside of a tensor with 3 dimensions");
}

TEST(Identity, KeepsItsInput) { EXPECT_EQ(view("Identity", {2, 3}), (Shape{2, 3})); }

}  // namespace
}  // namespace cnn::test
