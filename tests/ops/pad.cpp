// SPDX-License-Identifier: MIT
#include "engine/ops/pad.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

OpCall pad(const Tensor& data, std::vector<int64_t> pads, const std::string& mode) {
  OpCall call;
  call.type = "Pad";
  call.inputs = {data, tensor_of<int64_t>({static_cast<int64_t>(pads.size())}, std::span<const int64_t>(pads))};
  call.constants_from = 1;
  call.attributes = attributes({{"mode", mode}});
  return call;
}

const Tensor picture = floats({2, 3}, {1, 2, 3,  //
                                       4, 5, 6});

TEST(Pad, SurroundsWithAConstant) {
  OpCall call = pad(picture, {1, 0, 0, 2}, "constant");
  call.inputs.push_back(floats({}, {9}));
  const Tensor expected = floats({3, 5}, {9, 9, 9, 9, 9,  //
                                          1, 2, 3, 9, 9,  //
                                          4, 5, 6, 9, 9});
  expect_close(run_op_ok(call), expected, 0, 0);
  expect_close(run_op_ok(pad(floats({1}, {5}), {2, 1}, "constant")), floats({4}, {0, 0, 5, 0}), 0, 0);
}

TEST(Pad, TakesAttributesBelowOpset11) {
  OpCall call;
  call.type = "Pad";
  call.opset = 10;
  call.inputs = {floats({1, 2}, {1, 2})};
  call.attributes = attributes({{"pads", std::vector<int64_t>{0, 1, 0, 1}}, {"value", 7.0f}});
  expect_close(run_op_ok(call), floats({1, 4}, {7, 1, 2, 7}), 0, 0);
}

TEST(Pad, Reflects) {
  expect_close(run_op_ok(pad(picture, {1, 2, 0, 1}, "reflect")), floats({3, 6}, {6, 5, 4, 5, 6, 5,  //
                                                                                 3, 2, 1, 2, 3, 2,  //
                                                                                 6, 5, 4, 5, 6, 5}),
               0, 0);
  expect_close(run_op_ok(pad(floats({3}, {1, 2, 3}), {5, 0}, "reflect")), floats({8}, {2, 1, 2, 3, 2, 1, 2, 3}), 0, 0);
}

TEST(Pad, RepeatsEdges) {
  expect_close(run_op_ok(pad(picture, {1, 1, 0, 2}, "edge")), floats({3, 6}, {1, 1, 2, 3, 3, 3,  //
                                                                              1, 1, 2, 3, 3, 3,  //
                                                                              4, 4, 5, 6, 6, 6}),
               0, 0);
}

TEST(Pad, WrapsAround) {
  expect_close(run_op_ok(pad(floats({3}, {1, 2, 3}), {4, 2}, "wrap")), floats({9}, {3, 1, 2, 3, 1, 2, 3, 1, 2}), 0, 0);
}

TEST(Pad, CropsWithNegativePads) {
  expect_close(run_op_ok(pad(picture, {-1, 1, 0, -2}, "constant")), floats({1, 2}, {0, 4}), 0, 0);
  expect_close(run_op_ok(pad(floats({4}, {1, 2, 3, 4}), {-1, 1}, "edge")), floats({4}, {2, 3, 4, 4}), 0, 0);
}

TEST(Pad, PadsNamedAxesOnly) {
  OpCall call = pad(picture, {1, 0}, "constant");
  call.inputs.push_back(std::nullopt);
  call.inputs.push_back(values_of<int64_t>({1}, {-1}));
  expect_close(run_op_ok(call), floats({2, 4}, {0, 1, 2, 3, 0, 4, 5, 6}), 0, 0);
}

TEST(Pad, IsTheSameInBothLayouts) {
  for (const char* mode : {"constant", "reflect", "edge", "wrap"}) {
    OpCall call = pad(random_floats({2, 3, 5, 4}, 6), {0, 1, 2, 0, 0, 2, 1, 3}, mode);
    const Tensor plain = run_op_ok(call);
    EXPECT_EQ(plain.desc.shape, (Shape{2, 6, 8, 7}));
    EXPECT_EQ(plain.values<float>()[56 + 14], call.inputs[0]->values<float>()[0]) << mode;
    call.channels_last = true;
    expect_close(run_op_ok(call), plain, 0, 0);
  }
}

OpCall center(const Tensor& data, std::initializer_list<int64_t> shape) {
  OpCall call;
  call.type = "CenterCropPad";
  call.inputs = {data, values_of<int64_t>({static_cast<int64_t>(shape.size())}, shape)};
  call.constants_from = 1;
  return call;
}

TEST(CenterCropPad, TakesTheMiddleOrPutsIntoIt) {
  const Tensor row = floats({5}, {1, 2, 3, 4, 5});
  expect_close(run_op_ok(center(row, {3})), floats({3}, {2, 3, 4}), 0, 0);
  expect_close(run_op_ok(center(row, {2})), floats({2}, {2, 3}), 0, 0);
  expect_close(run_op_ok(center(row, {8})), floats({8}, {0, 1, 2, 3, 4, 5, 0, 0}), 0, 0);
  const Tensor bytes = values_of<uint8_t>({2, 3}, {1, 2, 3, 4, 5, 6});
  expect_close(run_op_ok(center(bytes, {4, 1})), values_of<uint8_t>({4, 1}, {0, 2, 5, 0}), 0, 0);
}

TEST(CenterCropPad, IsTheSameInBothLayoutsAndForNamedAxes) {
  OpCall call = center(random_floats({1, 3, 5, 4}, 8), {7, 3});
  call.attributes = attributes({{"axes", std::vector<int64_t>{-1, 2}}});
  const Tensor plain = run_op_ok(call);
  EXPECT_EQ(plain.desc.shape, (Shape{1, 3, 3, 7}));
  EXPECT_EQ(plain.values<float>()[1], call.inputs[0]->values<float>()[4]);
  call.channels_last = true;
  expect_close(run_op_ok(call), plain, 0, 0);
  call.inputs[1] = values_of<int64_t>({1}, {7});
  EXPECT_EQ(run_op(call).error().what, "shape has 1 extents for 2 axes");
  call.inputs[1] = values_of<int64_t>({2}, {-7, 1});
  EXPECT_FALSE(run_op(call).ok());
}

TEST(Pad, NamesPadsThatDoNotFit) {
  auto failure = [](const OpCall& call) {
    const auto result = run_op(call);
    return result ? "no failure" : result.error().what;
  };
  EXPECT_EQ(failure(pad(picture, {1, 1}, "constant")), "there are 2 pads for 2 axes of data [2, 3]");
  EXPECT_EQ(failure(pad(picture, {-3, 0, 0, 0}, "constant")), "pads -3 and 0 take more than axis 0 of [2, 3] has");
  EXPECT_EQ(failure(pad(picture, {int64_t{1} << 41, 0, 0, 0}, "constant")),
            "pads 2199023255552 and 0 of axis 0 are beyond 2^40");
  EXPECT_EQ(failure(pad(floats({0}, {}), {1, 0}, "edge")), "axis 0 of [0] has nothing that could be repeated");
  EXPECT_EQ(failure(pad(picture, {0, 0, 0, 0}, "mirror")),
            "node: Pad: mode mirror is none of constant, reflect, edge, wrap");
}

}  // namespace
}  // namespace cnn::test
