// SPDX-License-Identifier: MIT
#include "engine/ops/scan.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

OpCall scan(const std::string& type, const Tensor& data, int64_t axis, bool exclusive = false, bool reverse = false) {
  OpCall call;
  call.type = type;
  call.opset = 26;
  call.inputs = {data, values_of<int64_t>({}, {axis})};
  call.constants_from = 1;
  call.attributes = attributes({{"exclusive", int64_t{exclusive}}, {"reverse", int64_t{reverse}}});
  return call;
}

TEST(CumSum, AddsAlongAnAxis) {
  const Tensor data = floats({2, 3}, {1, 2, 3,  //
                                      4, 5, 6});
  expect_close(run_op_ok(scan("CumSum", data, 1)), floats({2, 3}, {1, 3, 6, 4, 9, 15}));
  expect_close(run_op_ok(scan("CumSum", data, -2)), floats({2, 3}, {1, 2, 3, 5, 7, 9}));
}

TEST(CumSum, LeavesTheElementOutOrStartsAtTheEnd) {
  const Tensor data = values_of<int32_t>({4}, {1, 2, 3, 4});
  expect_close(run_op_ok(scan("CumSum", data, 0, true)), values_of<int32_t>({4}, {0, 1, 3, 6}), 0, 0);
  expect_close(run_op_ok(scan("CumSum", data, 0, false, true)), values_of<int32_t>({4}, {10, 9, 7, 4}), 0, 0);
  expect_close(run_op_ok(scan("CumSum", data, 0, true, true)), values_of<int32_t>({4}, {9, 7, 4, 0}), 0, 0);
}

TEST(CumProd, MultipliesAlongAnAxis) {
  expect_close(run_op_ok(scan("CumProd", values_of<int64_t>({4}, {2, 3, -1, 4}), 0)),
               values_of<int64_t>({4}, {2, 6, -6, -24}), 0, 0);
  expect_close(run_op_ok(scan("CumProd", floats({3}, {2, 3, 4}), 0, true)), floats({3}, {1, 2, 6}));
}

TEST(CumSum, NeedsAKnownAxisInRange) {
  const auto result = run_op(scan("CumSum", floats({2}, {1, 2}), 1));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().what, "axis 1 is outside of a tensor with 1 dimensions");
}

}  // namespace
}  // namespace cnn::test
