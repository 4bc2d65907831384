// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "engine/ops/pool.h"
#include "tests/support/run_op.h"

namespace cnn {
namespace {

using test::expect_close;
using test::floats;
using test::OpCall;
using test::run_op;
using test::run_op_ok;
using test::values_of;
using Integers = std::vector<int64_t>;

OpCall call(std::string type, Tensor x, std::initializer_list<std::pair<const char*, Integers>> lists = {}) {
  OpCall call;
  call.type = std::move(type);
  call.opset = 19;
  call.inputs = {std::move(x)};
  for (const auto& [name, values] : lists) call.attributes.set(name, values);
  return call;
}

Tensor picture() {
  return floats({1, 1, 4, 4}, {1, 2, 3, 4,     //
                               5, 6, 7, 8,     //
                               9, 10, 11, 12,  //
                               13, 14, 15, 16});
}

TEST(MaxPool, TakesTheLargestOfEachWindow) {
  expect_close(run_op_ok(call("MaxPool", picture(), {{"kernel_shape", {2, 2}}, {"strides", {2, 2}}})),
               floats({1, 1, 2, 2}, {6, 8,  //
                                     14, 16}));
}

TEST(MaxPool, LeavesPaddingOut) {
  expect_close(run_op_ok(call("MaxPool", floats({1, 1, 2, 2}, {-1, -2, -3, -4}),
                              {{"kernel_shape", {3, 3}}, {"pads", {1, 1, 1, 1}}})),
               floats({1, 1, 2, 2}, {-1, -1, -1, -1}));
}

TEST(MaxPool, CeilModeDropsAWindowThatStartsInTheTrailingPadding) {
  OpCall pool = call("MaxPool", floats({1, 1, 1, 4}, {1, 2, 3, 4}),
                     {{"kernel_shape", {1, 2}}, {"strides", {1, 3}}, {"pads", {0, 0, 0, 1}}});
  pool.attributes.set("ceil_mode", int64_t{1});
  // Rounding up gives windows at 0, 3; with one more column of padding they would still be two.
  expect_close(run_op_ok(pool), floats({1, 1, 1, 2}, {2, 4}));
  pool.attributes.set("strides", Integers{1, 4});
  expect_close(run_op_ok(pool), floats({1, 1, 1, 1}, {2}));
}

TEST(MaxPool, CeilModeKeepsAWindowThatHangsOver) {
  OpCall pool = call("MaxPool", floats({1, 1, 1, 5}, {1, 2, 3, 4, 5}), {{"kernel_shape", {1, 2}}, {"strides", {1, 2}}});
  expect_close(run_op_ok(pool), floats({1, 1, 1, 2}, {2, 4}));
  pool.attributes.set("ceil_mode", int64_t{1});
  expect_close(run_op_ok(pool), floats({1, 1, 1, 3}, {2, 4, 5}));
}

TEST(MaxPool, AutoPadPutsTheOddPixelAtTheEndOrTheBeginning) {
  OpCall pool = call("MaxPool", floats({1, 1, 1, 3}, {5, 1, 2}), {{"kernel_shape", {1, 2}}});
  pool.attributes.set("auto_pad", std::string("SAME_UPPER"));
  expect_close(run_op_ok(pool), floats({1, 1, 1, 3}, {5, 2, 2}));
  pool.attributes.set("auto_pad", std::string("SAME_LOWER"));
  expect_close(run_op_ok(pool), floats({1, 1, 1, 3}, {5, 5, 2}));
  pool.attributes.set("auto_pad", std::string("VALID"));
  expect_close(run_op_ok(pool), floats({1, 1, 1, 2}, {5, 2}));
}

TEST(MaxPool, DilatesTheWindow) {
  expect_close(run_op_ok(call("MaxPool", picture(), {{"kernel_shape", {2, 2}}, {"dilations", {2, 2}}})),
               floats({1, 1, 2, 2}, {11, 12, 15, 16}));
}

TEST(MaxPool, GivesPositionsInTheWholeTensor) {
  OpCall pool = call("MaxPool",
                     floats({1, 2, 2, 3}, {1, 2, 3, 9, 5, 6,  //
                                           6, 5, 4, 3, 2, 1}),
                     {{"kernel_shape", {2, 2}}});
  pool.outputs = 2;
  expect_close(run_op_ok(pool, 0), floats({1, 2, 1, 2}, {9, 6, 6, 5}));
  expect_close(run_op_ok(pool, 1), values_of<int64_t>({1, 2, 1, 2}, {3, 5, 6, 7}));
  pool.attributes.set("storage_order", int64_t{1});
  expect_close(run_op_ok(pool, 1), values_of<int64_t>({1, 2, 1, 2}, {1, 5, 6, 8}));
}

TEST(MaxPool, WorksOnBytesAndOnOneAndThreeAxes) {
  expect_close(run_op_ok(call("MaxPool", values_of<int8_t>({1, 1, 4}, {-8, -4, 3, 1}), {{"kernel_shape", {2}}})),
               values_of<int8_t>({1, 1, 3}, {-4, 3, 3}));
  expect_close(run_op_ok(call("MaxPool", values_of<uint8_t>({1, 1, 4}, {200, 4, 3, 1}), {{"kernel_shape", {3}}})),
               values_of<uint8_t>({1, 1, 2}, {200, 4}));
  expect_close(
      run_op_ok(call("MaxPool", floats({1, 1, 2, 2, 2}, {1, 2, 3, 4, 5, 6, 8, 7}), {{"kernel_shape", {2, 1, 2}}})),
      floats({1, 1, 1, 2, 1}, {6, 8}));
}

TEST(AveragePool, CountsPaddingOnlyWhenTold) {
  OpCall pool =
      call("AveragePool", floats({1, 1, 2, 2}, {4, 8, 12, 16}), {{"kernel_shape", {2, 2}}, {"pads", {1, 1, 0, 0}}});
  expect_close(run_op_ok(pool), floats({1, 1, 2, 2}, {4, 6, 8, 10}));
  pool.attributes.set("count_include_pad", int64_t{1});
  expect_close(run_op_ok(pool), floats({1, 1, 2, 2}, {1, 3, 4, 10}));
}

TEST(AveragePool, CeilModeDoesNotCountWhatLiesBeyondThePadding) {
  OpCall pool = call("AveragePool", floats({1, 1, 1, 4}, {2, 4, 6, 8}),
                     {{"kernel_shape", {1, 3}}, {"strides", {1, 2}}, {"pads", {0, 0, 0, 0}}});
  pool.attributes.set("ceil_mode", int64_t{1});
  pool.attributes.set("count_include_pad", int64_t{1});
  expect_close(run_op_ok(pool), floats({1, 1, 1, 2}, {4, 7}));
  pool.attributes.set("pads", Integers{0, 1, 0, 1});
  // Windows at -1, 1, 3: the last one has 8, one column of padding, and one position beyond it.
  expect_close(run_op_ok(pool), floats({1, 1, 1, 3}, {2, 6, 4}));
}

TEST(AveragePool, DilatesTheWindow) {
  expect_close(run_op_ok(call("AveragePool", picture(), {{"kernel_shape", {2, 2}}, {"dilations", {3, 3}}})),
               floats({1, 1, 1, 1}, {8.5f}));
}

TEST(LpPool, TakesTheRootOfTheSumOfPowers) {
  OpCall pool = call("LpPool", floats({1, 1, 1, 3}, {3, -4, 12}), {{"kernel_shape", {1, 2}}});
  expect_close(run_op_ok(pool), floats({1, 1, 1, 2}, {5, 12.649111f}));
  pool.attributes.set("p", int64_t{1});
  expect_close(run_op_ok(pool), floats({1, 1, 1, 2}, {7, 16}));
}

TEST(GlobalPool, LeavesOnePixelOfEachChannel) {
  const Tensor x = floats({2, 2, 1, 2}, {1, 3, 5, -7, 10, 20, 3, 4});
  expect_close(run_op_ok(call("GlobalAveragePool", x)), floats({2, 2, 1, 1}, {2, -1, 15, 3.5f}));
  expect_close(run_op_ok(call("GlobalMaxPool", x)), floats({2, 2, 1, 1}, {3, 5, 20, 4}));
  expect_close(run_op_ok(call("GlobalLpPool", x)), floats({2, 2, 1, 1}, {3.1622777f, 8.6023253f, 22.36068f, 5}));
}

TEST(GlobalPool, GivesTheSameOnTwoThreads) {
  OpCall pool = call("GlobalAveragePool", test::random_floats({1, 130, 40, 40}, 3));
  const Tensor one = run_op_ok(pool);
  pool.threads = 2;
  expect_close(run_op_ok(pool), one, 0, 0);
}

TEST(Pool, RefusesWindowsThatDoNotFit) {
  auto refused = run_op(call("MaxPool", picture(), {{"kernel_shape", {5, 2}}}));
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().what.find("window of 5 does not fit input of 4"), std::string::npos)
      << refused.error().what;
  EXPECT_FALSE(run_op(call("MaxPool", picture(), {{"kernel_shape", {2}}})).ok());
  EXPECT_FALSE(run_op(call("MaxPool", picture())).ok());
  EXPECT_FALSE(run_op(call("MaxPool", picture(), {{"kernel_shape", {2, 2}}, {"strides", {0, 1}}})).ok());
  EXPECT_FALSE(run_op(call("MaxPool", picture(), {{"kernel_shape", {2, 2}}, {"pads", {-1, 0, 0, 0}}})).ok());
  EXPECT_FALSE(run_op(call("AveragePool", values_of<int32_t>({1, 1, 1, 2}, {1, 2}), {{"kernel_shape", {1, 1}}})).ok());
}

}  // namespace
}  // namespace cnn
