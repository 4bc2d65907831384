// SPDX-License-Identifier: MIT
#include "engine/ops/constant.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

OpCall constant_call(const std::string& type, std::vector<std::optional<Tensor>> inputs, const Attributes& attributes = {}) {
  OpCall call;
  call.type = type;
  call.inputs = std::move(inputs);
  call.attributes = attributes;
  call.constants_from = 0;
  return call;
}

std::string failure(const OpCall& call) {
  const auto result = run_op(call);
  return result ? "no failure" : result.error().what;
}

TEST(Constant, TakesEveryKindOfValue) {
  const Tensor tensor = values_of<int8_t>({2}, {3, -4});
  expect_close(run_op_ok(constant_call("Constant", {}, attributes({{"value", tensor}}))), tensor, 0, 0);
  expect_close(run_op_ok(constant_call("Constant", {}, attributes({{"value_float", 2.5f}}))), floats({}, {2.5f}), 0, 0);
  expect_close(run_op_ok(constant_call("Constant", {}, attributes({{"value_floats", std::vector<float>{1, 2}}}))),
               floats({2}, {1, 2}), 0, 0);
  expect_close(run_op_ok(constant_call("Constant", {}, attributes({{"value_int", int64_t{7}}}))),
               values_of<int64_t>({}, {7}), 0, 0);
  expect_close(run_op_ok(constant_call("Constant", {}, attributes({{"value_ints", std::vector<int64_t>{7, 8}}}))),
               values_of<int64_t>({2}, {7, 8}), 0, 0);
  EXPECT_EQ(failure(constant_call("Constant", {}, attributes({{"value_string", std::string("a")}}))),
            "node: Constant: attribute value_string is not supported");
  EXPECT_EQ(failure(constant_call("Constant", {})), "node: Constant: attribute value is missing");
}

TEST(ConstantOfShape, RepeatsItsValue) {
  const Tensor shape = values_of<int64_t>({2}, {2, 3});
  expect_close(run_op_ok(constant_call("ConstantOfShape", {shape})), floats({2, 3}, {0, 0, 0, 0, 0, 0}), 0, 0);
  expect_close(run_op_ok(constant_call("ConstantOfShape", {values_of<int64_t>({1}, {2})},
                                       attributes({{"value", values_of<int32_t>({1}, {5})}}))),
               values_of<int32_t>({2}, {5, 5}), 0, 0);
  EXPECT_EQ(failure(constant_call("ConstantOfShape", {values_of<int64_t>({2}, {1 << 20, 1 << 19})})),
            "a constant of shape [1048576, 524288] has more than 1024 MiB");
  EXPECT_EQ(failure(constant_call("ConstantOfShape", {values_of<int64_t>({1}, {-1})})),
            "shape [?] has a negative extent");
}

TEST(Range, CountsUpAndDown) {
  auto whole = [](int32_t value) { return values_of<int32_t>({}, {value}); };
  expect_close(run_op_ok(constant_call("Range", {whole(10), whole(4), whole(-2)})), values_of<int32_t>({3}, {10, 8, 6}), 0,
               0);
  expect_close(run_op_ok(constant_call("Range", {floats({}, {1}), floats({}, {2.5f}), floats({}, {0.5f})})),
               floats({3}, {1, 1.5f, 2}), 0, 0);
  EXPECT_EQ(run_op_ok(constant_call("Range", {whole(5), whole(1), whole(1)})).desc.shape, (Shape{0}));
  EXPECT_EQ(failure(constant_call("Range", {whole(5), whole(1), whole(0)})), "delta is 0");
  EXPECT_EQ(failure(constant_call("Range", {whole(0), whole(2000000000), whole(1)})),
            "a range from 0 to 2000000000 in steps of 1 has more than 64 MiB");
}

TEST(Shape, IsKnownFromTheType) {
  OpCall call = constant_call("Shape", {random_floats({2, 3, 4}, 1)});
  call.constants_from = 1;
  expect_close(run_op_ok(call), values_of<int64_t>({3}, {2, 3, 4}), 0, 0);
  call.attributes = attributes({{"start", int64_t{-2}}, {"end", int64_t{99}}});
  expect_close(run_op_ok(call), values_of<int64_t>({2}, {3, 4}), 0, 0);
  call.attributes = attributes({{"start", int64_t{2}}, {"end", int64_t{1}}});
  EXPECT_EQ(run_op_ok(call).desc.shape, (Shape{0}));
  call.type = "Size";
  expect_close(run_op_ok(call), values_of<int64_t>({}, {24}), 0, 0);
}

TEST(EyeLike, MarksADiagonal) {
  const Tensor like = random_floats({2, 3}, 1);
  expect_close(run_op_ok(constant_call("EyeLike", {like}, attributes({{"k", int64_t{1}}}))), floats({2, 3}, {0, 1, 0,  //
                                                                                                             0, 0, 1}),
               0, 0);
  expect_close(run_op_ok(constant_call("EyeLike", {like}, attributes({{"k", int64_t{-1}}, {"dtype", int64_t{6}}}))),
               values_of<int32_t>({2, 3}, {0, 0, 0, 1, 0, 0}), 0, 0);
  EXPECT_EQ(failure(constant_call("EyeLike", {random_floats({2}, 1)})), "input [2] is not a matrix");
}

TEST(NonZero, ListsPositionsOfAKnownTensor) {
  OpCall call = constant_call("NonZero", {values_of<bool>({2, 2}, {true, false, true, true})});
  expect_close(run_op_ok(call), values_of<int64_t>({2, 3}, {0, 1, 1,  //
                                                            0, 0, 1}),
               0, 0);
  call.constants_from = 1;
  EXPECT_EQ(failure(call), "X must be known when the model is opened");
}

}  // namespace
}  // namespace cnn::test
