// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "engine/passes/passes.h"
#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn {
namespace {

using test::attributes;
using test::GraphBuilder;
using test::optimised_ops;
using test::random_floats;
using test::values_of;

const Attributes same3 = attributes({{"pads", std::vector<int64_t>{1, 1, 1, 1}}});

/// A graph in which every activation is quantised to int8.
struct QuantizedBuilder : GraphBuilder {
  ValueId number(float value) { return constant(test::floats({}, {value})); }
  ValueId zero(int8_t value) { return constant(values_of<int8_t>({}, {value})); }
  ValueId quantize(ValueId x, float scale, int8_t zero_point) {
    return node("QuantizeLinear", {x, number(scale), zero(zero_point)});
  }
  ValueId dequantize(ValueId x, float scale, int8_t zero_point) {
    return node("DequantizeLinear", {x, number(scale), zero(zero_point)});
  }
  ValueId requantize(ValueId x, float scale, int8_t zero_point) {
    return dequantize(quantize(x, scale, zero_point), scale, zero_point);
  }
  /// Bytes with a scale for each extent of `axis`.
  ValueId quantized_weights(const Shape& shape, int64_t axis = 0) {
    const Tensor reals = random_floats(shape, 7, -127, 127);
    NewTensor bytes = make_tensor({DataType::Int8, shape});
    for (int64_t i = 0; i < bytes.tensor.desc.count(); ++i)
      reinterpret_cast<int8_t*>(bytes.bytes)[i] = static_cast<int8_t>(reals.data<float>()[i]);
    const ValueId scales = constant_floats({shape[static_cast<size_t>(axis)]}, 0.001f, 0.01f);
    return node("DequantizeLinear", {constant(bytes.tensor), scales}, attributes({{"axis", axis}}));
  }
  /// int32 with the scale that sums have only roughly.
  ValueId bias(int64_t count) {
    NewTensor integers = make_tensor({DataType::Int32, {count}});
    for (int64_t i = 0; i < count; ++i)
      reinterpret_cast<int32_t*>(integers.bytes)[i] = static_cast<int32_t>(300 * (i % 5) - 700);
    return node("DequantizeLinear", {constant(integers.tensor), number(0.0001f)});
  }
};

/// The same but for one step of the last quantisation, with an optimised graph of these operators.
void expect_fused(const Model& model, const Tensor& input, double step, const std::string& operators) {
  EXPECT_EQ(optimised_ops(model), operators);
  SessionOptions plain;
  plain.optimise = false;
  const auto expected = test::run_model(model, {input}, plain), actual = test::run_model(model, {input});
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i) test::expect_close(actual[i], expected[i], step * 1.001, 0);
}

TEST(FuseQuantized, MakesOneTableOfAGatedValue) {
  for (const char* gate : {"Sigmoid", "HardSigmoid"}) {
    QuantizedBuilder b;
    const ValueId x = b.requantize(b.input("x", {1, 5, 4, 4}), 0.05f, 3);
    Attributes slope;
    if (gate == std::string("HardSigmoid")) slope = attributes({{"alpha", 1.0f / 6}, {"beta", 0.5f}});
    const ValueId y = b.quantize(b.node("Mul", {x, b.node(gate, {x}, slope)}), 0.03f, -90);
    expect_fused(b.model({b.dequantize(y, 0.03f, -90)}), random_floats({1, 5, 4, 4}, 3, -6, 6), 0.03,
                 gate == std::string("Sigmoid") ? "QuantizeLinear Swish DequantizeLinear"
                                                : "QuantizeLinear HardSwish DequantizeLinear");
  }
}

TEST(FuseQuantized, MakesOneTableOfAGateThatIsRoundedItself) {
  for (const char* gate : {"Sigmoid", "HardSigmoid"})
    for (bool gate_first : {false, true}) {
      const auto model = [&](bool gate_is_output) {
        QuantizedBuilder b;
        const ValueId x = b.requantize(b.input("x", {1, 8, 8, 8}), 0.05f, 3);
        const ValueId factor = b.requantize(b.node(gate, {x}), 1.0f / 256, -128);
        const ValueId product = b.node("Mul", gate_first ? std::vector{factor, x} : std::vector{x, factor});
        std::vector<ValueId> outputs{b.requantize(product, 0.03f, -90)};
        if (gate_is_output) outputs.push_back(factor);
        return b.model(outputs);
      };
      EXPECT_EQ(optimised_ops(model(false)), "QuantizeLinear QLinearGate DequantizeLinear");
      EXPECT_NE(optimised_ops(model(true)).find("QLinearMul"), std::string::npos);
      const Tensor x = random_floats({1, 8, 8, 8}, 3, -8, 8);
      test::expect_close(test::run_model(model(false), {x})[0], test::run_model(model(true), {x})[0], 0, 0);
    }
}

TEST(FuseQuantized, MakesOneOperatorOfAConvolutionWithItsBounds) {
  for (const char* bound : {"", "Relu", "Clip"}) {
    QuantizedBuilder b;
    const ValueId x = b.requantize(b.input("x", {1, 5, 9, 8}), 0.02f, 3);
    ValueId y = b.node("Conv", {x, b.quantized_weights({12, 5, 3, 3}), b.bias(12)}, same3);
    if (std::string(bound) == "Relu") y = b.node("Relu", {y});
    if (std::string(bound) == "Clip") y = b.node("Clip", {y, b.number(-0.5f), b.number(1)});
    const Model model = b.model({b.requantize(y, 0.03f, -10)});
    expect_fused(model, random_floats({1, 5, 9, 8}, 1, -2, 2), 0.03,
                 "QuantizeLinear QLinearConv DequantizeLinear Reorder");
  }
}

TEST(FuseQuantized, FusesDepthwiseAndPadding) {
  QuantizedBuilder b;
  const ValueId x = b.requantize(b.input("x", {1, 6, 9, 8}), 0.02f, -7);
  const ValueId padded = b.requantize(b.node("Pad", {x, b.integers({0, 0, 0, 0, 0, 0, 1, 1})}), 0.02f, -7);
  const ValueId y = b.node("Conv", {padded, b.quantized_weights({6, 1, 3, 3}), b.bias(6)},
                           attributes({{"group", int64_t{6}}, {"strides", std::vector<int64_t>{2, 2}}}));
  expect_fused(b.model({b.requantize(y, 0.03f, 0)}), random_floats({1, 6, 9, 8}, 1, -2, 2), 0.03,
               "QuantizeLinear QLinearConv DequantizeLinear Reorder");
}

TEST(FuseQuantized, FoldsBoundsBetweenEqualQuantisationsIntoTheProduct) {
  QuantizedBuilder b;
  const ValueId x = b.requantize(b.input("x", {1, 5, 4, 4}), 0.02f, 3);
  ValueId y = b.requantize(b.node("Conv", {x, b.quantized_weights({6, 5, 1, 1})}), 0.05f, -10);
  y = b.requantize(b.node("Min", {y, b.constant_floats({1, 6, 1, 1}, 0, 2)}), 0.05f, -10);
  y = b.requantize(b.node("Relu", {y}), 0.05f, -10);
  expect_fused(b.model({y}), random_floats({1, 5, 4, 4}, 1, -2, 2), 0.05,
               "QuantizeLinear QLinearConv DequantizeLinear Reorder");
}

TEST(FuseQuantized, TakesDenseLayersWithABias) {
  for (int kind = 0; kind < 3; ++kind) {
    QuantizedBuilder b;
    const ValueId x = b.requantize(b.input("x", {1, 20}), 0.02f, 3);
    ValueId y = no_value;
    if (kind == 0) y = b.node("Gemm", {x, b.quantized_weights({20, 7}, 1), b.bias(7)});
    if (kind == 1)
      y = b.node("Gemm", {x, b.quantized_weights({7, 20}), b.bias(7)}, attributes({{"transB", int64_t{1}}}));
    if (kind == 2) y = b.node("Add", {b.node("MatMul", {x, b.quantized_weights({20, 7}, 1)}), b.bias(7)});
    expect_fused(b.model({b.requantize(y, 0.05f, 0)}), random_floats({1, 20}, 1, -2, 2), 0.05,
                 "QuantizeLinear QLinearMatMul DequantizeLinear");
    expect_fused(b.model({y}), random_floats({1, 20}, 1, -2, 2), 2e-4, "QuantizeLinear QLinearMatMul");
  }
}

TEST(FuseQuantized, AddsMultipliesAndAveragesBytes) {
  QuantizedBuilder b;
  const ValueId x = b.input("x", {1, 5, 4, 4});
  const ValueId one = b.requantize(x, 0.02f, 3), other = b.requantize(b.node("Neg", {x}), 0.03f, -4);
  const ValueId sum = b.requantize(b.node("Add", {one, other}), 0.04f, 5);
  const ValueId product = b.requantize(b.node("Mul", {sum, one}), 0.02f, 0);
  const ValueId mean = b.requantize(b.node("GlobalAveragePool", {product}), 0.01f, 0);
  expect_fused(b.model({mean}), random_floats({1, 5, 4, 4}, 1, -2, 2), 0.01,
               "QuantizeLinear Neg QuantizeLinear QLinearAdd QLinearMul QLinearGlobalAveragePool View "
               "DequantizeLinear");
}

TEST(FuseQuantized, BoundsTheSumOfASkip) {
  QuantizedBuilder b;
  const ValueId x = b.input("x", {1, 5, 4, 4});
  const ValueId one = b.requantize(x, 0.02f, 3), other = b.requantize(b.node("Neg", {x}), 0.03f, -4);
  const ValueId y = b.requantize(b.node("Relu", {b.node("Add", {one, other})}), 0.01f, -20);
  expect_fused(b.model({y}), random_floats({1, 5, 4, 4}, 1, -2, 2), 0.01,
               "QuantizeLinear Neg QuantizeLinear QLinearAdd DequantizeLinear");
}

TEST(FuseQuantized, LooksFunctionsOfOneNumberUp) {
  QuantizedBuilder b;
  ValueId y = b.requantize(b.input("x", {1, 500}), 0.03f, 3);
  for (const char* function : {"HardSwish", "Sigmoid", "Tanh", "LeakyRelu", "Relu"})
    y = b.requantize(b.node(function, {y}), 0.02f, -20);
  y = b.requantize(y, 0.05f, 3);
  expect_fused(b.model({y}), random_floats({1, 500}, 1, -4, 4), 0.05,
               "QuantizeLinear HardSwish Sigmoid Tanh LeakyRelu Relu Requantize DequantizeLinear");
}

TEST(FuseQuantized, LooksNothingUpInAnEmptyTensor) {
  QuantizedBuilder b;
  const ValueId x = b.requantize(b.input("x", {1, 4, 0}), 0.03f, 3);
  const ValueId y = b.requantize(b.node("Sigmoid", {x}), 0.02f, -20);
  expect_fused(b.model({y}), random_floats({1, 4, 0}, 1), 0.02, "QuantizeLinear Sigmoid DequantizeLinear");
}

TEST(FuseQuantized, MovesBytesInPlaceOfNumbers) {
  QuantizedBuilder b;
  const ValueId x = b.requantize(b.input("x", {1, 4, 6, 6}), 0.02f, 3);
  const ValueId pool =
      b.node("MaxPool", {x},
             attributes({{"kernel_shape", std::vector<int64_t>{2, 2}}, {"strides", std::vector<int64_t>{2, 2}}}));
  const ValueId pooled = b.requantize(pool, 0.02f, 3);
  const ValueId joined = b.requantize(b.node("Concat", {pooled, pooled}, attributes({{"axis", int64_t{1}}})), 0.02f, 3);
  const ValueId flat = b.requantize(b.node("Flatten", {joined}), 0.02f, 3);
  expect_fused(b.model({flat}), random_floats({1, 4, 6, 6}, 1, -2, 2), 0,
               "QuantizeLinear MaxPool Concat Reorder Flatten DequantizeLinear");
}

TEST(FuseQuantized, JoinsBytesInTheNumbersOfTheResult) {
  QuantizedBuilder b;
  const ValueId x = b.requantize(b.input("x", {1, 5, 6, 6}), 0.02f, 3);
  const ValueId narrow = b.requantize(b.node("Conv", {x, b.quantized_weights({36, 5, 1, 1})}), 0.03f, -4);
  const ValueId wide = b.requantize(b.node("Conv", {x, b.quantized_weights({7, 5, 3, 3})}, same3), 0.05f, 2);
  const ValueId joined =
      b.requantize(b.node("Concat", {narrow, wide, x}, attributes({{"axis", int64_t{1}}})), 0.05f, 2);
  const ValueId last = b.requantize(b.node("Conv", {joined, b.quantized_weights({4, 48, 1, 1})}), 0.1f, 0);
  // The middle one already has the result's numbers.
  expect_fused(
      b.model({last}), random_floats({1, 5, 6, 6}, 1, -2, 2), 0.1,
      "QuantizeLinear QLinearConv QLinearConv Requantize Requantize Concat QLinearConv DequantizeLinear Reorder");
}

TEST(FuseQuantized, NormalisesBytes) {
  QuantizedBuilder b;
  const ValueId x = b.requantize(b.input("x", {1, 19, 6, 7}), 0.02f, 3);
  const auto numbers = [&](float low, float high) { return b.constant_floats({19}, low, high); };
  const ValueId norm =
      b.node("BatchNormalization", {x, numbers(-2, 2), numbers(-0.5f, 0.5f), numbers(-0.3f, 0.3f), numbers(0.5f, 2)});
  const ValueId y = b.requantize(b.node("Relu", {norm}), 0.03f, -50);
  expect_fused(b.model({y}), random_floats({1, 19, 6, 7}, 1, -2, 2), 0.03,
               "QuantizeLinear QLinearAffine DequantizeLinear Reorder");
}

TEST(FuseQuantized, LeavesOtherScalesAndSharedValuesAlone) {
  QuantizedBuilder b;
  const ValueId x = b.requantize(b.input("x", {1, 4, 6, 6}), 0.02f, 3);
  const ValueId pool = b.node("MaxPool", {x}, attributes({{"kernel_shape", std::vector<int64_t>{2, 2}}}));
  const ValueId conv = b.node("Conv", {x, b.quantized_weights({6, 4, 1, 1})});
  const Model model = b.model({b.requantize(pool, 0.04f, 3), b.requantize(conv, 0.05f, 0), conv});
  const std::string operators = optimised_ops(model);
  EXPECT_NE(operators.find("DequantizeLinear MaxPool"), std::string::npos) << operators;
  SessionOptions plain;
  plain.optimise = false;
  const Tensor input = random_floats({1, 4, 6, 6}, 1, -2, 2);
  const auto expected = test::run_model(model, {input}, plain), actual = test::run_model(model, {input});
  ASSERT_EQ(actual.size(), 3u);
  for (size_t i = 0; i < 3; ++i) test::expect_close(actual[i], expected[i], i == 2 ? 1e-4 : 0.051, 0);
}

}  // namespace
}  // namespace cnn
