// SPDX-License-Identifier: MIT
#include "engine/ops/expand.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

OpCall with_list(const std::string& type, const Tensor& data, std::vector<int64_t> list) {
  OpCall call;
  call.type = type;
  call.inputs = {data, tensor_of<int64_t>({static_cast<int64_t>(list.size())}, std::span<const int64_t>(list))};
  call.constants_from = 1;
  return call;
}

OpCall block_depth(const std::string& type, const Tensor& data, int64_t block, const std::string& mode = "DCR") {
  OpCall call;
  call.type = type;
  call.inputs = {data};
  call.attributes = attributes({{"blocksize", block}, {"mode", mode}});
  return call;
}

std::string failure(const OpCall& call) {
  const auto result = run_op(call);
  return result ? "no failure" : result.error().what;
}

TEST(Expand, BroadcastsBothWays) {
  const Tensor column = floats({2, 1}, {1, 2});
  expect_close(run_op_ok(with_list("Expand", column, {2, 3})), floats({2, 3}, {1, 1, 1,  //
                                                                               2, 2, 2}),
               0, 0);
  expect_close(run_op_ok(with_list("Expand", column, {2, 1, 1})), floats({2, 2, 1}, {1, 2, 1, 2}), 0, 0);
  expect_close(run_op_ok(with_list("Expand", column, {1})), column, 0, 0);
  EXPECT_EQ(failure(with_list("Expand", column, {3, 1})), "input [2, 1] cannot be expanded to [3, 1]");
  EXPECT_EQ(failure(with_list("Expand", column, {1, int64_t{1} << 41})),
            "shape [2, 2199023255552] has more than 2^40 elements");
}

TEST(Expand, IsTheSameInBothLayouts) {
  OpCall call = with_list("Expand", random_floats({1, 3, 1, 2}, 1), {2, 3, 4, 2});
  const Tensor plain = run_op_ok(call);
  EXPECT_EQ(plain.values<float>()[24 + 8 + 3], call.inputs[0]->values<float>()[3]);
  call.channels_last = true;
  expect_close(run_op_ok(call), plain, 0, 0);
}

TEST(Tile, RepeatsAlongEveryAxis) {
  expect_close(run_op_ok(with_list("Tile", floats({2, 2}, {1, 2,  //
                                                           3, 4}),
                                   {2, 3})),
               floats({4, 6}, {1, 2, 1, 2, 1, 2,  //
                               3, 4, 3, 4, 3, 4,  //
                               1, 2, 1, 2, 1, 2,  //
                               3, 4, 3, 4, 3, 4}),
               0, 0);
  EXPECT_EQ(run_op_ok(with_list("Tile", floats({2}, {1, 2}), {0})).desc.shape, (Shape{0}));
  EXPECT_EQ(failure(with_list("Tile", floats({2}, {1, 2}), {1, 1})), "there are 2 repeats for input [2]");
}

TEST(DepthToSpace, OrdersDepthFirstOrBlockFirst) {
  const Tensor data = floats({1, 8, 1, 1}, {0, 1, 2, 3, 4, 5, 6, 7});
  expect_close(run_op_ok(block_depth("DepthToSpace", data, 2)), floats({1, 2, 2, 2}, {0, 2,  //
                                                                                      4, 6,  //
                                                                                      1, 3,  //
                                                                                      5, 7}),
               0, 0);
  expect_close(run_op_ok(block_depth("DepthToSpace", data, 2, "CRD")), floats({1, 2, 2, 2}, {0, 1,  //
                                                                                             2, 3,  //
                                                                                             4, 5,  //
                                                                                             6, 7}),
               0, 0);
}

TEST(SpaceToDepth, UndoesDepthToSpaceInBothLayouts) {
  for (const char* mode : {"DCR", "CRD"}) {
    const Tensor data = random_floats({2, 18, 3, 4}, 2);
    OpCall spread = block_depth("DepthToSpace", data, 3, mode);
    const Tensor wide = run_op_ok(spread);
    EXPECT_EQ(wide.desc.shape, (Shape{2, 2, 9, 12}));
    spread.channels_last = true;
    expect_close(run_op_ok(spread), wide, 0, 0);
    OpCall gathered = block_depth("SpaceToDepth", wide, 3, mode);
    expect_close(run_op_ok(gathered), data, 0, 0);
    gathered.channels_last = true;
    expect_close(run_op_ok(gathered), data, 0, 0);
  }
}

TEST(DepthToSpace, NamesExtentsThatDoNotDivide) {
  EXPECT_EQ(failure(block_depth("DepthToSpace", random_floats({1, 6, 1, 1}, 1), 2)),
            "input [1, 6, 1, 1] has 6 channels, not a multiple of blocksize^2 4");
  EXPECT_EQ(failure(block_depth("SpaceToDepth", random_floats({1, 1, 3, 2}, 1), 2)),
            "input [1, 1, 3, 2] is no multiple of blocksize 2");
  EXPECT_EQ(failure(block_depth("DepthToSpace", random_floats({1, 1, 1, 1}, 1), 0)),
            "node: DepthToSpace: blocksize is 0, 1 to 32768 is needed");
}

}  // namespace
}  // namespace cnn::test
