// SPDX-License-Identifier: MIT
#include "engine/ops/cast.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

Tensor cast(const Tensor& data, int64_t onnx_type, bool channels_last = false) {
  OpCall call;
  call.type = "Cast";
  call.inputs = {data};
  call.attributes = attributes({{"to", onnx_type}});
  call.channels_last = channels_last;
  return run_op_ok(call);
}

TEST(Cast, TruncatesAndSaturates) {
  const Tensor data = floats({8}, {1.9f, -1.9f, 300, -300, infinity, -infinity, NAN, 0.5f});
  expect_close(cast(data, 3), values_of<int8_t>({8}, {1, -1, 127, -128, 127, -128, 0, 0}), 0, 0);
  expect_close(cast(data, 2), values_of<uint8_t>({8}, {1, 0, 255, 0, 255, 0, 0, 0}), 0, 0);
  expect_close(cast(floats({2}, {1e20f, -1e20f}), 7),
               values_of<int64_t>({2}, {std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()}), 0,
               0);
}

TEST(Cast, WrapsBetweenIntegersAndMakesBools) {
  expect_close(cast(values_of<int32_t>({2}, {257, -1}), 2), values_of<uint8_t>({2}, {1, 255}), 0, 0);
  expect_close(cast(floats({3}, {0, 0.1f, -2}), 9), values_of<bool>({3}, {false, true, true}), 0, 0);
  expect_close(cast(values_of<bool>({2}, {true, false}), 1), floats({2}, {1, 0}), 0, 0);
}

TEST(Cast, RoundsThroughHalfPrecision) {
  // 2049 lies between 2048 and 2050, 2051 between 2050 and 2052: ties go to even.
  const Tensor data = floats({8}, {2049, 2051, 65519, 65520, -70000, 5.9604645e-8f, 2.9802322e-8f, 0.1f});
  expect_close(cast(data, 10),
               floats({8}, {2048, 2052, 65504, infinity, -infinity, 5.9604645e-8f, 0, 0.0999755859375f}), 0, 0);
  EXPECT_TRUE(std::isnan(cast(floats({1}, {NAN}), 10).values<float>()[0]));
}

TEST(Cast, RoundsThroughBrainPrecision) {
  expect_close(cast(floats({4}, {257, 259, 3.39e38f, 1}), 16), floats({4}, {256, 260, 3.3895314e38f, 1}), 0, 0);
  expect_close(cast(floats({1}, {3.4028235e38f}), 16), floats({1}, {infinity}), 0, 0);
}

TEST(Cast, IsTheSameInBothLayouts) {
  const Tensor data = random_floats({2, 3, 4, 5}, 7, -100, 100);
  const Tensor plain = cast(data, 6);
  EXPECT_EQ(plain.values<int32_t>()[13], static_cast<int32_t>(data.values<float>()[13]));
  expect_close(cast(data, 6, true), plain, 0, 0);
}

TEST(Cast, FollowsTheTypeOfAnotherTensor) {
  OpCall call;
  call.type = "CastLike";
  call.inputs = {floats({2}, {1.5f, -2.5f}), values_of<int32_t>({1}, {0})};
  expect_close(run_op_ok(call), values_of<int32_t>({2}, {1, -2}), 0, 0);
}

TEST(Cast, NamesTheTypesItDoesNotHave) {
  auto failure = [](int64_t onnx_type) {
    OpCall call;
    call.type = "Cast";
    call.inputs = {floats({1}, {1})};
    call.attributes = attributes({{"to", onnx_type}});
    const auto result = run_op(call);
    return result ? "no failure" : result.error().what;
  };
  EXPECT_EQ(failure(8), "node: Cast: data type string is not supported");
  EXPECT_EQ(failure(99), "node: Cast: data type 99 is unknown");
}

Tensor cast_unsaturated(const Tensor& data, int64_t onnx_type) {
  OpCall call;
  call.type = "Cast";
  call.opset = 19;
  call.inputs = {data};
  call.attributes = attributes({{"to", onnx_type}, {"saturate", int64_t{0}}});
  return run_op_ok(call);
}

TEST(Cast, RoundsToFloatsOfEightBits) {
  // E4M3FN: spacing 0.0625 from 0.5 on, 32 from 256 on; the smallest number is 2^-9.
  const Tensor data = floats({6}, {0.53f, 0.59375f, 464, 1000, -infinity, 0x1p-10f});
  expect_close(cast(data, 17), floats({6}, {0.5f, 0.625f, 448, 448, -448, 0}), 0, 0);
  expect_close(cast_unsaturated(data, 17), floats({6}, {0.5f, 0.625f, 448, NAN, NAN, 0}), 0, 0);
  expect_close(cast(floats({2}, {1000, -0x1p-20f}), 18), floats({2}, {240, 0}), 0, 0);
  expect_close(cast_unsaturated(floats({2}, {1e6f, -1e6f}), 18), floats({2}, {NAN, NAN}), 0, 0);
  expect_close(cast(floats({4}, {1.125f, 1.375f, 61440, 0x1p-17f}), 19), floats({4}, {1, 1.5f, 57344, 0}), 0, 0);
  expect_close(cast_unsaturated(floats({2}, {61440, -1e6f}), 19), floats({2}, {infinity, -infinity}), 0, 0);
  expect_close(cast(floats({2}, {0x1p-17f, 1e6f}), 20), floats({2}, {0x1p-17f, 57344}), 0, 0);
}

TEST(Cast, RoundsToFloatsOfFourBitsAndToExponents) {
  expect_close(cast(floats({7}, {0.25f, 0.3f, 1.25f, 2.5f, 3.5f, 100, -5}), 23), floats({7}, {0, 0.5f, 1, 2, 4, 6, -4}),
               0, 0);
  const Tensor data = floats({4}, {1, 1.1f, 3, 0.3f});
  OpCall call;
  call.type = "Cast";
  call.opset = 24;
  call.inputs = {data};
  call.attributes = attributes({{"to", int64_t{24}}});
  expect_close(run_op_ok(call), floats({4}, {1, 2, 4, 0.5f}), 0, 0);
  call.attributes = attributes({{"to", int64_t{24}}, {"round_mode", std::string("down")}});
  expect_close(run_op_ok(call), floats({4}, {1, 1, 2, 0.25f}), 0, 0);
  call.attributes = attributes({{"to", int64_t{24}}, {"round_mode", std::string("nearest")}});
  expect_close(run_op_ok(call), floats({4}, {1, 1, 4, 0.25f}), 0, 0);
}

TEST(Cast, KeepsTheLowestBitsOfNarrowIntegers) {
  const Tensor data = floats({5}, {-9, -8, 7.9f, 8, 15});
  expect_close(cast(data, 22), values_of<int8_t>({5}, {7, -8, 7, -8, -1}), 0, 0);
  expect_close(cast(data, 21), values_of<uint8_t>({5}, {7, 8, 7, 8, 15}), 0, 0);
  expect_close(cast(floats({4}, {-3, 1, 2, 3}), 26), values_of<int8_t>({4}, {1, 1, -2, -1}), 0, 0);
  expect_close(cast(floats({4}, {-3, 1, 2, 4}), 25), values_of<uint8_t>({4}, {1, 1, 2, 0}), 0, 0);
}

TEST(Cast, OfOpset1NamesTheType) {
  OpCall call;
  call.type = "Cast";
  call.opset = 1;
  call.inputs = {floats({2}, {1.5f, -2})};
  call.attributes = attributes({{"to", std::string("INT64")}});
  expect_close(run_op_ok(call), values_of<int64_t>({2}, {1, -2}), 0, 0);
}

}  // namespace
}  // namespace cnn::test
