// SPDX-License-Identifier: MIT
#include "engine/ops/quantized.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

using Integers = std::vector<int64_t>;

OpCall call_of(const std::string& type, std::vector<std::optional<Tensor>> inputs, const Attributes& attributes = {}) {
  OpCall call;
  call.type = type;
  call.opset = 10;
  call.inputs = std::move(inputs);
  call.attributes = attributes;
  call.constants_from = 1;
  return call;
}

OpCall microsoft(const std::string& type, std::vector<std::optional<Tensor>> inputs,
                 const Attributes& attributes = {}) {
  OpCall call = call_of(type, std::move(inputs), attributes);
  call.domain = "com.microsoft";
  call.opset = 1;
  return call;
}

Tensor scale(float value) { return floats({}, {value}); }
Tensor zero(uint8_t value) { return values_of<uint8_t>({}, {value}); }

template <class T>
Tensor random_bytes(const Shape& shape, unsigned seed) {
  std::mt19937 generator(seed);
  std::vector<T> values(static_cast<size_t>(element_count(shape)));
  for (T& value : values) value = static_cast<T>(generator());
  return tensor_of<T>(shape, std::span<const T>(values));
}

TEST(ConvInteger, SumsWithoutZeroPointsAndPadsWithThem) {
  const Tensor x = values_of<uint8_t>({1, 1, 3}, {2, 3, 4}), w = values_of<uint8_t>({1, 1, 2}, {1, 10});
  expect_close(run_op_ok(call_of("ConvInteger", {x, w, zero(1)})), values_of<int32_t>({1, 1, 2}, {21, 32}), 0, 0);
  expect_close(run_op_ok(call_of("ConvInteger", {x, w, zero(1)}, attributes({{"pads", Integers{1, 1}}}))),
               values_of<int32_t>({1, 1, 4}, {10, 21, 32, 3}), 0, 0);
}

TEST(QLinearConv, RoundsHalvesToEvenWithAScalePerFilter) {
  const Tensor x = values_of<uint8_t>({1, 1, 4}, {1, 3, 5, 255}), w = values_of<int8_t>({2, 1, 1}, {1, -1});
  const OpCall call =
      call_of("QLinearConv", {x, scale(1), zero(0), w, floats({2}, {0.5f, 1}), values_of<int8_t>({2}, {0, 0}), scale(1),
                              zero(100), values_of<int32_t>({2}, {0, 2})});
  expect_close(run_op_ok(call),
               values_of<uint8_t>({1, 2, 4}, {100, 102, 102, 228,  //
                                              101, 99, 97, 0}),
               0, 0);
}

TEST(QLinearConv, EqualsADirectSumInGroupsWithStrideAndDilation) {
  const Tensor x = random_bytes<uint8_t>({2, 4, 9, 70}, 1), w = random_bytes<int8_t>({6, 2, 3, 2}, 2);
  OpCall call = call_of("ConvInteger", {x, w, zero(7), values_of<int8_t>({}, {-3})},
                        attributes({{"group", int64_t{2}},
                                    {"strides", Integers{2, 1}},
                                    {"dilations", Integers{1, 3}},
                                    {"pads", Integers{1, 2, 0, 1}}}));
  call.threads = 2;
  const Tensor y = run_op_ok(call);
  ASSERT_EQ(y.desc.shape, (Shape{2, 6, 4, 70}));
  for (int64_t i = 0; i < y.desc.count(); ++i) {
    const int64_t ox = i % 70, oy = i / 70 % 4, m = i / 280 % 6, n = i / 1680;
    int32_t sum = 0;
    for (int64_t c = 0; c < 2; ++c)
      for (int64_t ky = 0; ky < 3; ++ky)
        for (int64_t kx = 0; kx < 2; ++kx) {
          const int64_t iy = oy * 2 + ky - 1, ix = ox + kx * 3 - 2;
          if (iy < 0 || iy >= 9 || ix < 0 || ix >= 70) continue;
          sum += (x.data<uint8_t>()[((n * 4 + m / 3 * 2 + c) * 9 + iy) * 70 + ix] - 7) *
                 (w.data<int8_t>()[((m * 2 + c) * 3 + ky) * 2 + kx] + 3);
        }
    ASSERT_EQ(y.data<int32_t>()[i], sum) << "element " << i;
  }
}

TEST(MatMulInteger, TakesZeroPointsPerRowAndColumn) {
  const Tensor a = values_of<uint8_t>({2, 2}, {11, 12,  //
                                               23, 24});
  const Tensor b = values_of<uint8_t>({2, 2}, {1, 102,  //
                                               2, 104});
  expect_close(
      run_op_ok(call_of("MatMulInteger", {a, b, values_of<uint8_t>({2}, {10, 20}), values_of<uint8_t>({2}, {0, 100})})),
      values_of<int32_t>({2, 2}, {1 * 1 + 2 * 2, 1 * 2 + 2 * 4,  //
                                  3 * 1 + 4 * 2, 3 * 2 + 4 * 4}),
      0, 0);
}

TEST(QLinearMatMul, BroadcastsMatricesAndSaturates) {
  const Tensor a = values_of<uint8_t>({2, 1, 1}, {1, 200}), b = values_of<uint8_t>({1, 3}, {1, 2, 3});
  expect_close(run_op_ok(call_of("QLinearMatMul", {a, scale(0.5f), zero(0), b, scale(1), zero(0), scale(1), zero(1)})),
               values_of<uint8_t>({2, 1, 3}, {1, 2, 3, 101, 201, 255}), 0, 0);
}

TEST(QLinearAdd, AddsRealNumbersWithBroadcasting) {
  const Tensor a = values_of<uint8_t>({2, 2}, {10, 11, 12, 255}), b = values_of<uint8_t>({2}, {4, 6});
  const std::vector<std::optional<Tensor>> inputs = {a,           scale(1), zero(10),    b,
                                                     scale(0.5f), zero(4),  scale(0.5f), zero(3)};
  expect_close(run_op_ok(microsoft("QLinearAdd", inputs)), values_of<uint8_t>({2, 2}, {3, 7, 7, 255}), 0, 0);
  expect_close(run_op_ok(microsoft("QLinearMul", inputs)), values_of<uint8_t>({2, 2}, {3, 5, 3, 255}), 0, 0);
}

TEST(QLinearSigmoid, RoundsWhatLiesJustAboveAHalfUp) {
  const Tensor x = values_of<uint8_t>({1}, {164}), middle = values_of<uint8_t>({}, {114}), none = values_of<uint8_t>({}, {0});
  // sigmoid(50 * 0.00389...) / 0.00248... = 220.5000066, and 220.5 in float32, which would become 220.
  expect_close(run_op_ok(microsoft("QLinearSigmoid",
                                   {x, scale(0.0038942922838032246f), middle, scale(0.0024876436218619347f), none})),
               values_of<uint8_t>({1}, {221}), 0, 0);
}

TEST(QGemm, MultipliesAddsTheBiasAndRounds) {
  const Tensor a = values_of<uint8_t>({2, 2}, {3, 5, 129, 131}), b = values_of<int8_t>({2, 3}, {1, 2, 3, 4, 5, 6});
  const Tensor turned = values_of<int8_t>({3, 2}, {1, 4, 2, 5, 3, 6}), bias = values_of<int32_t>({3}, {0, 100, -200});
  const Tensor none = values_of<int8_t>({}, {0}), scales = floats({3}, {1, 1, 0.5f});
  const Attributes transposed = attributes({{"transB", int64_t{1}}});
  // Sums of the rows (2, 4) and (128, 130): 18, 24, 30 and 648, 906, 1164; with the bias times 1/8, 1/8 and 1/16.
  const Tensor wanted = values_of<uint8_t>({2, 3}, {3, 17, 0, 82, 127, 61});
  for (const auto& [weights, how] : {std::pair{b, Attributes()}, std::pair{turned, transposed}})
    expect_close(run_op_ok(microsoft("QGemm", {a, scale(0.5f), zero(1), weights, scales, none, bias, scale(4), zero(1)}, how)),
                 wanted, 0, 0);
  expect_close(run_op_ok(microsoft("QGemm", {a, scale(0.5f), zero(1), turned, scale(0.25f), none}, transposed)),
               floats({2, 3}, {2.25f, 3, 3.75f, 81, 113.25f, 145.5f}), 0, 0);
  expect_close(run_op_ok(microsoft("QGemm", {a, scale(1), zero(1), turned, scale(1), none, std::nullopt, scale(8), zero(0)}, transposed)),
               values_of<uint8_t>({2, 3}, {2, 3, 4, 81, 113, 146}), 0, 0);
}

TEST(QGemm, RefusesWhatItDoesNotCompute) {
  const Tensor a = values_of<uint8_t>({2, 2}, {3, 5, 129, 131}), b = values_of<int8_t>({2, 2}, {1, 2, 3, 4});
  const Tensor none = values_of<int8_t>({}, {0});
  const auto failure = [&](const Attributes& how, const Tensor& bias) {
    auto made = run_op(microsoft("QGemm", {a, scale(1), zero(0), b, scale(1), none, bias, scale(1), zero(0)}, how));
    return made ? "" : made.error().what;
  };
  const Tensor fits = values_of<int32_t>({2}, {0, 0}), three = values_of<int32_t>({3}, {0, 0, 0});
  EXPECT_NE(failure(attributes({{"alpha", 2.0f}}), fits).find("alpha is 2, only 1 is supported"), std::string::npos);
  EXPECT_NE(failure(attributes({{"transA", int64_t{1}}}), fits).find("transA is 1, only 0"), std::string::npos);
  EXPECT_NE(failure({}, three).find("bias is [3], int32 [2] is needed"), std::string::npos);
}

TEST(QLinearSigmoid, FillsATable) {
  const Tensor x = values_of<int8_t>({3}, {-128, 0, 127});
  const Tensor none = values_of<int8_t>({}, {0}), low = values_of<int8_t>({}, {-128});
  expect_close(run_op_ok(microsoft("QLinearSigmoid", {x, scale(0.1f), none, scale(1 / 256.0f), low})),
               values_of<int8_t>({3}, {-128, 0, 127}), 0, 0);
  expect_close(
      run_op_ok(microsoft("QLinearLeakyRelu", {x, scale(1), none, scale(1), none}, attributes({{"alpha", 0.25f}}))),
      values_of<int8_t>({3}, {-32, 0, 127}), 0, 0);
}

TEST(QLinearAveragePool, AveragesBesidePaddingAndGlobally) {
  const Tensor x = values_of<uint8_t>({1, 1, 2, 2}, {10, 20,  //
                                                     30, 40});
  const std::vector<std::optional<Tensor>> inputs = {x, scale(1), zero(10), scale(0.5f), zero(0)};
  expect_close(run_op_ok(microsoft("QLinearGlobalAveragePool", inputs)), values_of<uint8_t>({1, 1, 1, 1}, {30}), 0, 0);
  Attributes a = attributes({{"kernel_shape", Integers{2, 2}}, {"pads", Integers{0, 0, 1, 0}}});
  expect_close(run_op_ok(microsoft("QLinearAveragePool", inputs, a)), values_of<uint8_t>({1, 1, 2, 1}, {30, 50}), 0, 0);
  a.set("count_include_pad", int64_t{1});
  expect_close(run_op_ok(microsoft("QLinearAveragePool", inputs, a)), values_of<uint8_t>({1, 1, 2, 1}, {30, 25}), 0, 0);
}

TEST(QLinearGlobalAveragePool, TakesChannelsLast) {
  const Tensor x = values_of<uint8_t>({1, 1, 2, 2}, {10, 20,  //
                                                     30, 40});
  expect_close(run_op_ok(microsoft("QLinearGlobalAveragePool", {x, scale(1), zero(0), scale(1), zero(0)},
                                   attributes({{"channels_last", int64_t{1}}}))),
               values_of<uint8_t>({1, 1, 1, 2}, {20, 30}), 0, 0);
}

TEST(QLinearConcat, BringsAllToOneScale) {
  const Tensor a = values_of<uint8_t>({2, 1}, {1, 2}), b = values_of<uint8_t>({2, 2}, {3, 4, 5, 6});
  OpCall call = microsoft("QLinearConcat", {scale(1), zero(10), a, scale(1), zero(10), b, scale(2), zero(3)},
                          attributes({{"axis", int64_t{1}}}));
  call.constants_from = 1000;
  expect_close(run_op_ok(call), values_of<uint8_t>({2, 3}, {1, 10, 12, 2, 14, 16}), 0, 0);
}

TEST(FusedConv, AddsTheResidualBeforeTheActivation) {
  const Tensor x = floats({1, 1, 3}, {1, -2, 3}), w = floats({1, 1, 1}, {2}), bias = floats({1}, {1});
  OpCall call = microsoft("FusedConv", {x, w, bias, floats({1, 1, 3}, {-4, 4, -5})},
                          attributes({{"activation", std::string("Relu")}}));
  call.constants_from = 1000;
  expect_close(run_op_ok(call), floats({1, 1, 3}, {0, 1, 2}));
}

TEST(QLinearConv, RefusesWhatDoesNotFit) {
  const Tensor x = values_of<uint8_t>({1, 1, 2}, {1, 2}), w = values_of<uint8_t>({1, 1, 1}, {1});
  const auto failure = [&](Tensor w_scale, Tensor weights) {
    const auto result =
        run_op(call_of("QLinearConv", {x, scale(1), zero(0), weights, w_scale, zero(0), scale(1), zero(0)}));
    return result ? std::string("no failure") : result.error().what;
  };
  EXPECT_EQ(failure(floats({2}, {1, 1}), w), "scale of w is float32 [2]");
  EXPECT_EQ(failure(scale(1), values_of<int32_t>({1, 1, 1}, {1})), "w is int32, int8 or uint8 is needed");
}

}  // namespace
}  // namespace cnn::test
