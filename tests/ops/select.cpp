// SPDX-License-Identifier: MIT
#include "engine/ops/select.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

OpCall arg(const std::string& type, const Tensor& data, int64_t axis, bool keep_dims = true, bool last = false) {
  OpCall call;
  call.type = type;
  call.inputs = {data};
  call.attributes = attributes(
      {{"axis", axis}, {"keepdims", int64_t{keep_dims}}, {"select_last_index", int64_t{last}}});
  return call;
}

OpCall top(const Tensor& data, int64_t k, int64_t axis, bool largest = true) {
  OpCall call;
  call.type = "TopK";
  call.inputs = {data, values_of<int64_t>({1}, {k})};
  call.constants_from = 1;
  call.attributes = attributes({{"axis", axis}, {"largest", int64_t{largest}}});
  call.outputs = 2;
  return call;
}

const Tensor picture = floats({2, 3}, {1, 3, 3,  //
                                       5, 0, 0});

TEST(ArgMax, TakesTheFirstOrTheLastOfEquals) {
  expect_close(run_op_ok(arg("ArgMax", picture, 1)), values_of<int64_t>({2, 1}, {1, 0}), 0, 0);
  expect_close(run_op_ok(arg("ArgMax", picture, -1, false, true)), values_of<int64_t>({2}, {2, 0}), 0, 0);
  expect_close(run_op_ok(arg("ArgMax", picture, 0, false)), values_of<int64_t>({3}, {1, 0, 0}), 0, 0);
}

TEST(ArgMin, TakesTheFirstOrTheLastOfEquals) {
  expect_close(run_op_ok(arg("ArgMin", picture, 1)), values_of<int64_t>({2, 1}, {0, 1}), 0, 0);
  expect_close(run_op_ok(arg("ArgMin", picture, 1, true, true)), values_of<int64_t>({2, 1}, {0, 2}), 0, 0);
  expect_close(run_op_ok(arg("ArgMin", values_of<uint8_t>({3}, {200, 100, 150}), 0)), values_of<int64_t>({1}, {1}), 0, 0);
}

TEST(ArgMax, NeedsElements) {
  const auto result = run_op(arg("ArgMax", floats({2, 0}, {}), 1));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().what, "axis 1 of [2, 0] has no elements");
}

TEST(TopK, OrdersValuesAndKeepsEqualsInPlace) {
  const OpCall rows = top(picture, 2, 1);
  expect_close(run_op_ok(rows, 0), floats({2, 2}, {3, 3, 5, 0}), 0, 0);
  expect_close(run_op_ok(rows, 1), values_of<int64_t>({2, 2}, {1, 2, 0, 1}), 0, 0);
  const OpCall columns = top(picture, 1, 0, false);
  expect_close(run_op_ok(columns, 0), floats({1, 3}, {1, 0, 0}), 0, 0);
  expect_close(run_op_ok(columns, 1), values_of<int64_t>({1, 3}, {0, 1, 1}), 0, 0);
}

TEST(TopK, PutsNotANumberAboveAll) {
  expect_close(run_op_ok(top(floats({4}, {1, NAN, 3, NAN}), 3, 0), 1), values_of<int64_t>({3}, {1, 3, 2}), 0, 0);
}

TEST(TopK, NamesAnImpossibleCount) {
  const auto result = run_op(top(picture, 4, 1));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().what, "K is 4 but axis 1 of [2, 3] has 3 elements");
}

}  // namespace
}  // namespace cnn::test
