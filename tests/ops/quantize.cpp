// SPDX-License-Identifier: MIT
#include "engine/ops/quantize.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

OpCall linear(const std::string& type, std::vector<std::optional<Tensor>> inputs, const Attributes& attributes = {}) {
  OpCall call;
  call.type = type;
  call.opset = 21;
  call.inputs = std::move(inputs);
  call.attributes = attributes;
  call.constants_from = 1;
  return call;
}

std::string failure(const OpCall& call) {
  const auto result = run_op(call);
  return result ? "no failure" : result.error().what;
}

TEST(QuantizeLinear, RoundsHalvesToEvenAndSaturates) {
  const Tensor x = floats({11}, {0, 1, 3, 5, -1, -3, 1000, -1000, 1e30f, -1e30f, NAN});
  const Tensor two = floats({}, {2});
  expect_close(run_op_ok(linear("QuantizeLinear", {x, two})),
               values_of<uint8_t>({11}, {0, 0, 2, 2, 0, 0, 255, 0, 255, 0, 0}), 0, 0);
  expect_close(run_op_ok(linear("QuantizeLinear", {x, two, values_of<int8_t>({}, {1})})),
               values_of<int8_t>({11}, {1, 1, 3, 3, 1, -1, 127, -128, 127, -128, -128}), 0, 0);
  expect_close(run_op_ok(linear("QuantizeLinear", {x, two}, attributes({{"output_dtype", int64_t{5}}}))),
               values_of<int16_t>({11}, {0, 0, 2, 2, 0, -2, 500, -500, 32767, -32768, -32768}), 0, 0);
  expect_close(run_op_ok(linear("QuantizeLinear", {x, two, values_of<uint16_t>({}, {32767})})),
               values_of<uint16_t>({11}, {32767, 32767, 32769, 32769, 32767, 32765, 33267, 32267, 65535, 0, 0}), 0, 0);
}

TEST(QuantizeLinear, HasAScalePerAxisInBothLayouts) {
  OpCall call = linear("QuantizeLinear", {floats({1, 2, 1, 3}, {1, 2, 3, 10, 20, 30}), floats({2}, {1, 10}),
                                          values_of<uint8_t>({2}, {0, 100})});
  const Tensor expected = values_of<uint8_t>({1, 2, 1, 3}, {1, 2, 3, 101, 102, 103});
  expect_close(run_op_ok(call), expected, 0, 0);
  call.channels_last = true;
  expect_close(run_op_ok(call), expected, 0, 0);
}

TEST(DequantizeLinear, HasAScalePerAxisInBothLayouts) {
  OpCall call =
      linear("DequantizeLinear", {values_of<int8_t>({1, 2, 1, 3}, {1, 2, 3, -1, -2, -3}), floats({2}, {0.5f, 2})});
  const Tensor expected = floats({1, 2, 1, 3}, {0.5f, 1, 1.5f, -2, -4, -6});
  expect_close(run_op_ok(call), expected, 0, 0);
  call.channels_last = true;
  expect_close(run_op_ok(call), expected, 0, 0);
  call.channels_last = false;
  call.attributes = attributes({{"axis", int64_t{-1}}});
  call.inputs[1] = floats({3}, {1, 10, 100});
  call.inputs.push_back(values_of<int8_t>({3}, {0, 1, 2}));
  expect_close(run_op_ok(call), floats({1, 2, 1, 3}, {1, 10, 100, -1, -30, -500}), 0, 0);
}

TEST(DequantizeLinear, TakesEveryWidth) {
  auto single = [](const Tensor& q, const Tensor& zero) {
    return run_op_ok(linear("DequantizeLinear", {q, floats({}, {2}), zero})).values<float>()[0];
  };
  EXPECT_EQ(single(values_of<uint8_t>({1}, {3}), values_of<uint8_t>({}, {128})), -250);
  EXPECT_EQ(single(values_of<int16_t>({1}, {-300}), values_of<int16_t>({}, {1})), -602);
  EXPECT_EQ(single(values_of<uint16_t>({1}, {1}), values_of<uint16_t>({}, {40000})), -79998);
  EXPECT_EQ(single(values_of<int32_t>({1}, {1 << 20}), values_of<int32_t>({}, {0})), 1 << 21);
}

TEST(QuantizeLinear, HasAScalePerBlock) {
  const Tensor x = floats({2, 3}, {1, 2, 3,  //
                                   4, 5, 6});
  const Tensor scale = floats({2, 2}, {1, 0.5f,  //
                                       2, 3});
  const Attributes blocks = attributes({{"axis", int64_t{1}}, {"block_size", int64_t{2}}});
  const Tensor q = values_of<uint8_t>({2, 3}, {1, 2, 6,  //
                                               2, 2, 2});
  expect_close(run_op_ok(linear("QuantizeLinear", {x, scale}, blocks)), q, 0, 0);
  expect_close(run_op_ok(linear("DequantizeLinear", {q, scale}, blocks)), floats({2, 3}, {1, 2, 3, 4, 4, 6}), 0, 0);
}

TEST(QuantizeLinear, BlocksAreTheSameInBothLayouts) {
  const Attributes blocks = attributes({{"axis", int64_t{1}}, {"block_size", int64_t{3}}});
  OpCall call = linear("QuantizeLinear",
                       {random_floats({2, 7, 3, 2}, 1, -50, 50), random_floats({2, 3, 3, 2}, 2, 0.5f, 2),
                        tensor_of<int8_t>({2, 3, 3, 2}, std::vector<int8_t>(36, 3))},
                       blocks);
  const Tensor plain = run_op_ok(call);
  call.channels_last = true;
  expect_close(run_op_ok(call), plain, 0, 0);
}

TEST(DynamicQuantizeLinear, FindsScaleAndZeroPoint) {
  OpCall call;
  call.type = "DynamicQuantizeLinear";
  call.inputs = {floats({6}, {0, 2, -3, -2.5f, 1.34f, 0.5f})};
  call.outputs = 3;
  expect_close(run_op_ok(call, 0), values_of<uint8_t>({6}, {153, 255, 0, 26, 221, 179}), 0, 0);
  expect_close(run_op_ok(call, 1), floats({}, {0.0196078438f}), 0, 1e-7);
  expect_close(run_op_ok(call, 2), values_of<uint8_t>({}, {153}), 0, 0);
  call.inputs = {floats({2}, {0, 0})};
  expect_close(run_op_ok(call, 0), values_of<uint8_t>({2}, {0, 0}), 0, 0);
  constexpr float infinity = std::numeric_limits<float>::infinity();  // no number says where 0 lies
  call.inputs = {floats({2}, {-infinity, infinity})};
  expect_close(run_op_ok(call, 2), values_of<uint8_t>({}, {0}), 0, 0);
}

TEST(QuantizeLinear, NamesWhatDoesNotFit) {
  const Tensor x = random_floats({1, 3, 2, 2}, 1);
  EXPECT_EQ(failure(linear("QuantizeLinear", {x, floats({2}, {1, 1})})),
            "scale [2] does not fit x [1, 3, 2, 2] along axis 1");
  EXPECT_EQ(failure(linear("QuantizeLinear", {x, floats({2}, {1, 1})}, attributes({{"block_size", int64_t{2}}}))),
            "scale [2] does not fit x [1, 3, 2, 2] along axis 1 in blocks of 2");
  EXPECT_EQ(failure(linear("QuantizeLinear", {x, floats({3}, {1, 1, 1}), values_of<int8_t>({2}, {0, 0})})),
            "zero point [2] does not fit scale [3]");
  EXPECT_EQ(failure(linear("QuantizeLinear", {x, floats({}, {1})}, attributes({{"output_dtype", int64_t{1}}}))),
            "quantisation to float32 is not supported");
}

TEST(QuantizeLinear, SaturatesToNarrowIntegers) {
  const auto to = [](int64_t onnx_type, Tensor zero) {
    return run_op_ok(linear("QuantizeLinear", {floats({5}, {1, 3, 5, 100, -100}), floats({}, {2}), std::move(zero)},
                            attributes({{"output_dtype", onnx_type}})));
  };
  expect_close(to(22, values_of<int8_t>({}, {1})), values_of<int8_t>({5}, {1, 3, 3, 7, -8}), 0, 0);
  expect_close(to(21, values_of<uint8_t>({}, {1})), values_of<uint8_t>({5}, {1, 3, 3, 15, 0}), 0, 0);
  expect_close(to(26, values_of<int8_t>({}, {0})), values_of<int8_t>({5}, {0, 1, 1, 1, -2}), 0, 0);
  expect_close(to(25, values_of<uint8_t>({}, {0})), values_of<uint8_t>({5}, {0, 2, 2, 3, 0}), 0, 0);
}

TEST(QuantizeLinear, RoundsToSmallFloatsAndBack) {
  const Tensor x = floats({1, 2, 2}, {1.06f, 1000, 10.6f, -1}), scales = floats({2}, {1, 10});
  const Tensor q = floats({1, 2, 2}, {1, 448, 1, -0.1015625f});
  expect_close(run_op_ok(linear("QuantizeLinear", {x, scales, floats({2}, {0, 0})},
                                attributes({{"output_dtype", int64_t{17}}}))),
               q, 0, 0);
  expect_close(run_op_ok(linear("DequantizeLinear", {q, scales})), floats({1, 2, 2}, {1, 448, 10, -1.015625f}), 0, 0);
}

}  // namespace
}  // namespace cnn::test
