// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <limits>

#include "tests/support/run_op.h"

namespace cnn {
namespace {

using test::expect_close;
using test::floats;
using test::OpCall;
using test::run_op;
using test::run_op_ok;
using test::values_of;

OpCall call(std::string type, std::vector<std::optional<Tensor>> inputs) {
  OpCall call;
  call.type = std::move(type);
  call.inputs = std::move(inputs);
  return call;
}

Tensor bools(const Shape& shape, std::initializer_list<bool> values) { return values_of<bool>(shape, values); }

TEST(Compare, GivesBooleansForFloats) {
  const Tensor a = floats({4}, {1, 2, 3, std::numeric_limits<float>::quiet_NaN()}), b = floats({}, {2});
  expect_close(run_op_ok(call("Equal", {a, b})), bools({4}, {false, true, false, false}));
  expect_close(run_op_ok(call("Less", {a, b})), bools({4}, {true, false, false, false}));
  expect_close(run_op_ok(call("LessOrEqual", {a, b})), bools({4}, {true, true, false, false}));
  expect_close(run_op_ok(call("Greater", {a, b})), bools({4}, {false, false, true, false}));
  expect_close(run_op_ok(call("GreaterOrEqual", {a, b})), bools({4}, {false, true, true, false}));
}

TEST(Compare, KnowsTheSignOfIntegers) {
  expect_close(run_op_ok(call("Less", {values_of<int8_t>({2}, {-1, 1}), values_of<int8_t>({2}, {1, -1})})),
               bools({2}, {true, false}));
  expect_close(run_op_ok(call("Less", {values_of<uint8_t>({2}, {255, 1}), values_of<uint8_t>({2}, {1, 255})})),
               bools({2}, {false, true}));
  expect_close(run_op_ok(call("Equal", {bools({2}, {true, false}), bools({2}, {true, true})})),
               bools({2}, {true, false}));
}

TEST(Logical, BroadcastsBooleans) {
  const Tensor a = bools({2, 1}, {false, true}), b = bools({2}, {false, true});
  expect_close(run_op_ok(call("And", {a, b})), bools({2, 2}, {false, false, false, true}));
  expect_close(run_op_ok(call("Or", {a, b})), bools({2, 2}, {false, true, true, true}));
  expect_close(run_op_ok(call("Xor", {a, b})), bools({2, 2}, {false, true, true, false}));
}

TEST(Where, BroadcastsThreeOperands) {
  expect_close(run_op_ok(call("Where", {bools({2, 1}, {true, false}), floats({3}, {1, 2, 3}), floats({}, {9})})),
               floats({2, 3}, {1, 2, 3,  //
                               9, 9, 9}));
  expect_close(run_op_ok(call("Where", {bools({2}, {true, false}), values_of<int64_t>({2}, {1, 2}),
                                        values_of<int64_t>({2}, {3, 4})})),
               values_of<int64_t>({2}, {1, 4}));
}

TEST(Where, AgreesBetweenLayouts) {
  OpCall where = call("Where", {bools({1, 3, 1, 1}, {true, false, true}), test::random_floats({2, 3, 4, 5}, 1),
                                test::random_floats({4, 1}, 2)});
  const Tensor plain = run_op_ok(where);
  where.channels_last = true;
  expect_close(run_op_ok(where), plain, 0, 0);
}

TEST(Compare, RefusesTypesThatDoNotFit) {
  EXPECT_FALSE(run_op(call("And", {floats({1}, {1}), floats({1}, {1})})).ok());
  EXPECT_FALSE(run_op(call("Less", {bools({1}, {true}), bools({1}, {true})})).ok());
  EXPECT_FALSE(run_op(call("Equal", {floats({1}, {1}), values_of<int8_t>({1}, {1})})).ok());
  EXPECT_FALSE(run_op(call("Where", {floats({1}, {1}), floats({1}, {1}), floats({1}, {1})})).ok());
  EXPECT_FALSE(run_op(call("Less", {floats({2}, {1, 2}), floats({3}, {1, 2, 3})})).ok());
}

}  // namespace
}  // namespace cnn
