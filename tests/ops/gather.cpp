// SPDX-License-Identifier: MIT
#include "engine/ops/gather.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

OpCall gather(const std::string& type, const Tensor& data, const Tensor& indices, const Attributes& attributes = {}) {
  OpCall call;
  call.type = type;
  call.inputs = {data, indices};
  call.attributes = attributes;
  return call;
}

std::string failure(OpCall call) {
  call.constants_from = 1;
  const auto result = run_op(call);
  return result ? "no failure" : result.error().what;
}

const Tensor table = floats({3, 2}, {1, 2,  //
                                     3, 4,  //
                                     5, 6});

TEST(Gather, PicksRowsAndColumns) {
  expect_close(run_op_ok(gather("Gather", table, values_of<int64_t>({2, 2}, {0, -1, 1, 0}))),
               floats({2, 2, 2}, {1, 2, 5, 6, 3, 4, 1, 2}), 0, 0);
  expect_close(run_op_ok(gather("Gather", table, values_of<int32_t>({}, {1}), attributes({{"axis", int64_t{-1}}}))),
               floats({3}, {2, 4, 6}), 0, 0);
}

TEST(Gather, ChecksKnownIndicesAndClampsOthers) {
  const OpCall call = gather("Gather", table, values_of<int64_t>({2}, {7, -9}));
  expect_close(run_op_ok(call), floats({2, 2}, {5, 6, 1, 2}), 0, 0);
  EXPECT_EQ(failure(call), "index 7 is outside of an axis with 3 elements");
  EXPECT_EQ(failure(gather("Gather", floats({0, 2}, {}), values_of<int64_t>({1}, {0}))),
            "1 indices into an axis without elements");
  EXPECT_EQ(failure(gather("Gather", table, floats({1}, {0}))), "indices are float32, int64 or int32 is needed");
}

TEST(GatherElements, PicksAlongAnAxis) {
  expect_close(run_op_ok(gather("GatherElements", table, values_of<int64_t>({2, 2}, {2, 0, 1, -1}))),
               floats({2, 2}, {5, 2, 3, 6}), 0, 0);
  expect_close(run_op_ok(gather("GatherElements", table, values_of<int64_t>({3, 1}, {1, 0, 1}),
                                attributes({{"axis", int64_t{1}}}))),
               floats({3, 1}, {2, 3, 6}), 0, 0);
  EXPECT_EQ(failure(gather("GatherElements", table, values_of<int64_t>({1, 3}, {0, 0, 0}))),
            "indices [1, 3] do not fit data [3, 2]");
}

TEST(GatherND, PicksSlicesAndElements) {
  expect_close(run_op_ok(gather("GatherND", table, values_of<int64_t>({2, 1}, {2, 0}))), floats({2, 2}, {5, 6, 1, 2}), 0,
               0);
  expect_close(run_op_ok(gather("GatherND", table, values_of<int64_t>({2, 2}, {0, 1, -1, 0}))), floats({2}, {2, 5}), 0,
               0);
  const Tensor cube = values_of<uint8_t>({2, 2, 2}, {0, 1, 2, 3, 4, 5, 6, 7});
  expect_close(run_op_ok(gather("GatherND", cube, values_of<int64_t>({2, 1}, {1, 0}),
                                attributes({{"batch_dims", int64_t{1}}}))),
               values_of<uint8_t>({2, 2}, {2, 3, 4, 5}), 0, 0);
  EXPECT_EQ(failure(gather("GatherND", table, values_of<int64_t>({1, 3}, {0, 0, 0}))),
            "indices [1, 3] with batch_dims 0 do not fit data [3, 2]");
}

TEST(OneHot, MarksThePosition) {
  OpCall call;
  call.type = "OneHot";
  call.inputs = {values_of<int64_t>({3}, {0, -1, 5}), values_of<int64_t>({1}, {3}), floats({2}, {0, 9})};
  call.constants_from = 1;
  expect_close(run_op_ok(call), floats({3, 3}, {9, 0, 0,  //
                                                0, 0, 9,  //
                                                0, 0, 0}),
               0, 0);
  call.attributes = attributes({{"axis", int64_t{0}}});
  expect_close(run_op_ok(call), floats({3, 3}, {9, 0, 0,  //
                                                0, 0, 0,  //
                                                0, 9, 0}),
               0, 0);
  call.inputs[1] = values_of<int64_t>({1}, {0});
  EXPECT_EQ(failure(call), "depth is 0, 1 to 2^30 is needed");
}

}  // namespace
}  // namespace cnn::test
