// SPDX-License-Identifier: MIT
#include "engine/ops/activation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "engine/ops/op_table.h"
#include "tests/support/run_op.h"

namespace cnn {
namespace {

using test::expect_close;
using test::floats;
using test::OpCall;
using test::run_op;
using test::run_op_ok;
using test::values_of;

OpCall call(std::string type, std::vector<std::optional<Tensor>> inputs, int opset = 20) {
  OpCall call;
  call.type = std::move(type);
  call.opset = opset;
  call.inputs = std::move(inputs);
  return call;
}

struct Row {
  const char* type;
  std::vector<std::pair<const char*, float>> attributes;
  std::function<double(double)> function;
  float low = -4, high = 4;
};

double softplus(double x) { return std::log1p(std::exp(x)); }
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

const std::vector<Row> rows = {
    {"Relu", {}, [](double x) { return std::max(0.0, x); }},
    {"LeakyRelu", {}, [](double x) { return x < 0 ? 0.01 * x : x; }},
    {"LeakyRelu", {{"alpha", 0.3f}}, [](double x) { return x < 0 ? 0.3 * x : x; }},
    {"HardSwish", {}, [](double x) { return x * std::max(0.0, std::min(1.0, x / 6 + 0.5)); }},
    {"HardSigmoid", {}, [](double x) { return std::max(0.0, std::min(1.0, 0.2 * x + 0.5)); }},
    {"HardSigmoid",
     {{"alpha", 0.5f}, {"beta", 0.25f}},
     [](double x) { return std::max(0.0, std::min(1.0, 0.5 * x + 0.25)); }},
    {"Sigmoid", {}, sigmoid},
    {"Tanh", {}, [](double x) { return std::tanh(x); }},
    {"Swish", {}, [](double x) { return x * sigmoid(x); }},
    {"Swish", {{"alpha", 2.0f}}, [](double x) { return x * sigmoid(2 * x); }},
    {"Elu", {{"alpha", 2.0f}}, [](double x) { return x < 0 ? 2 * (std::exp(x) - 1) : x; }},
    {"Selu", {}, [](double x) { return 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * (std::exp(x) - 1)); }},
    {"Celu", {{"alpha", 2.0f}}, [](double x) { return std::max(0.0, x) + std::min(0.0, 2 * (std::exp(x / 2) - 1)); }},
    {"ThresholdedRelu", {{"alpha", 0.5f}}, [](double x) { return x > 0.5 ? x : 0; }},
    {"Shrink", {{"lambd", 1.0f}, {"bias", 0.25f}}, [](double x) { return x < -1  ? x + 0.25
                                                                         : x > 1 ? x - 0.25
                                                                                 : 0; }},
    {"Mish", {}, [](double x) { return x * std::tanh(softplus(x)); }},
    {"Softplus", {}, softplus},
    {"Softsign", {}, [](double x) { return x / (1 + std::abs(x)); }},
    {"Gelu", {}, [](double x) { return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0))); }},
    {"Erf", {}, [](double x) { return std::erf(x); }},
    {"Exp", {}, [](double x) { return std::exp(x); }},
    {"Log", {}, [](double x) { return std::log(x); }, 0.1f, 9},
    {"Sqrt", {}, [](double x) { return std::sqrt(x); }, 0, 9},
    {"Reciprocal", {}, [](double x) { return 1 / x; }, 0.1f, 9},
    {"Abs", {}, [](double x) { return std::abs(x); }},
    {"Neg", {}, [](double x) { return -x; }},
    {"Floor", {}, [](double x) { return std::floor(x); }},
    {"Ceil", {}, [](double x) { return std::ceil(x); }},
    {"Sin", {}, [](double x) { return std::sin(x); }},
    {"Cos", {}, [](double x) { return std::cos(x); }},
    {"Tan", {}, [](double x) { return std::tan(x); }, -1, 1},
    {"Asin", {}, [](double x) { return std::asin(x); }, -1, 1},
    {"Acos", {}, [](double x) { return std::acos(x); }, -1, 1},
    {"Atan", {}, [](double x) { return std::atan(x); }},
    {"Sinh", {}, [](double x) { return std::sinh(x); }},
    {"Cosh", {}, [](double x) { return std::cosh(x); }},
    {"Asinh", {}, [](double x) { return std::asinh(x); }},
    {"Acosh", {}, [](double x) { return std::acosh(x); }, 1, 9},
    {"Atanh", {}, [](double x) { return std::atanh(x); }, -0.9f, 0.9f},
};

TEST(Unary, AgreesWithItsFormulaInBothLayouts) {
  for (const Row& row : rows)
    for (bool channels_last : {false, true}) {
      const Tensor x = test::random_floats({2, 5, 3, 3}, 8, row.low, row.high);
      OpCall unary = call(row.type, {x}, 24);
      for (const auto& [name, value] : row.attributes) unary.attributes.set(name, value);
      unary.channels_last = channels_last;
      std::vector<float> want;
      for (float v : x.values<float>()) want.push_back(static_cast<float>(row.function(v)));
      SCOPED_TRACE(row.type);
      expect_close(run_op_ok(unary), floats(x.desc.shape, want), 2e-6, 2e-6);
    }
}

TEST(Gelu, KnowsTheTangentApproximation) {
  OpCall gelu = call("Gelu", {floats({2}, {1, -0.5f})});
  gelu.attributes.set("approximate", std::string("tanh"));
  expect_close(run_op_ok(gelu), floats({2}, {0.84119199f, -0.15428599f}));
  gelu.attributes.set("approximate", std::string("sine"));
  EXPECT_FALSE(run_op(gelu).ok());
}

TEST(Unary, WorksOnIntegersWhereOnnxDoes) {
  const Tensor x = values_of<int8_t>({3}, {-128, 5, 0});
  expect_close(run_op_ok(call("Abs", {x})), values_of<int8_t>({3}, {-128, 5, 0}));
  expect_close(run_op_ok(call("Neg", {x})), values_of<int8_t>({3}, {-128, -5, 0}));
  expect_close(run_op_ok(call("Sign", {x})), values_of<int8_t>({3}, {-1, 1, 0}));
  expect_close(run_op_ok(call("Relu", {x})), values_of<int8_t>({3}, {0, 5, 0}));
  expect_close(run_op_ok(call("BitwiseNot", {x})), values_of<int8_t>({3}, {127, -6, -1}));
  expect_close(run_op_ok(call("Abs", {values_of<uint8_t>({1}, {200})})), values_of<uint8_t>({1}, {200}));
  EXPECT_FALSE(run_op(call("Exp", {x})).ok());
  EXPECT_FALSE(run_op(call("Neg", {values_of<uint8_t>({1}, {1})})).ok());
}

TEST(Round, GoesToTheEvenNeighbour) {
  expect_close(run_op_ok(call("Round", {floats({6}, {0.5f, 1.5f, 2.5f, -0.5f, -1.5f, 2.6f})})),
               floats({6}, {0, 2, 2, 0, -2, 3}), 0, 0);
}

TEST(Tests, FindNaNAndInfinity) {
  constexpr float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const Tensor x = floats({4}, {1, inf, -inf, nan});
  expect_close(run_op_ok(call("IsNaN", {x})), values_of<bool>({4}, {false, false, false, true}));
  OpCall infinite = call("IsInf", {x});
  expect_close(run_op_ok(infinite), values_of<bool>({4}, {false, true, true, false}));
  infinite.attributes.set("detect_positive", int64_t{0});
  expect_close(run_op_ok(infinite), values_of<bool>({4}, {false, false, true, false}));
  expect_close(run_op_ok(call("Not", {values_of<bool>({2}, {true, false})})), values_of<bool>({2}, {false, true}));
}

TEST(Clip, TakesBoundsFromAttributesBeforeOpset11) {
  OpCall clip = call("Clip", {floats({3}, {-2, 0.5f, 9})}, 7);
  clip.attributes.set("max", 6.0f);
  expect_close(run_op_ok(clip), floats({3}, {-2, 0.5f, 6}));
  clip.attributes.set("min", 0.0f);
  expect_close(run_op_ok(clip), floats({3}, {0, 0.5f, 6}));
}

TEST(Clip, TakesBoundsFromInputs) {
  OpCall clip = call("Clip", {floats({3}, {-2, 0.5f, 9}), std::nullopt, floats({}, {6})});
  for (size_t constants_from : {1, 1000}) {
    clip.constants_from = constants_from;
    expect_close(run_op_ok(clip), floats({3}, {-2, 0.5f, 6}));
  }
  expect_close(run_op_ok(call("Clip", {floats({2}, {1, 9}), floats({}, {5}), floats({}, {2})})), floats({2}, {2, 2}));
  expect_close(run_op_ok(call("Clip", {values_of<int64_t>({3}, {-5, 1, 8}), values_of<int64_t>({}, {0})})),
               values_of<int64_t>({3}, {0, 1, 8}));
  EXPECT_FALSE(run_op(call("Clip", {floats({1}, {1}), floats({2}, {0, 1})})).ok());
}

TEST(PRelu, BroadcastsItsSlopeInBothLayouts) {
  const Tensor x = floats({1, 2, 1, 2}, {-1, 2, -3, -4});
  for (bool channels_last : {false, true})
    for (size_t constants_from : {1, 1000}) {
      OpCall prelu = call("PRelu", {x, floats({2, 1, 1}, {0.5f, 0.25f})});
      prelu.channels_last = channels_last;
      prelu.constants_from = constants_from;
      expect_close(run_op_ok(prelu), floats({1, 2, 1, 2}, {-0.5f, 2, -0.75f, -1}));
      prelu.inputs[1] = floats({2}, {0.5f, 2});
      expect_close(run_op_ok(prelu), floats({1, 2, 1, 2}, {-0.5f, 2, -1.5f, -8}));
    }
  auto refused = run_op(call("PRelu", {floats({2}, {1, 2}), floats({2, 2}, {1, 2, 3, 4})}));
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().what.find("[2, 2] cannot be broadcast to [2]"), std::string::npos) << refused.error().what;
}

/// x -> `type` with `attributes`; bounds are further inputs, constant if `constant`.
std::optional<Activation> fusable(const char* type, int opset, Attributes attributes, std::vector<float> bounds = {},
                                  bool constant = true) {
  Graph graph;
  Node node;
  node.inputs.push_back(graph.add_value({"x", {DataType::Float32, {1, 2}}, Layout::Plain, {}}));
  for (float bound : bounds) {
    Value value{"bound", {DataType::Float32, {}}, Layout::Plain, {}};
    if (constant) value.constant = floats({}, {bound});
    node.inputs.push_back(graph.add_value(std::move(value)));
  }
  auto op = parse_op({"node", type, "", opset, std::move(attributes), static_cast<int>(node.inputs.size()), 1});
  if (!op) {
    ADD_FAILURE() << op.error().what;
    return std::nullopt;
  }
  node.op = *op;
  return fusable_activation(graph, node);
}

TEST(SwiGLU, GatesOneTensorByAnother) {
  const Shape shape = {2, 5, 3, 7};
  const Tensor a = test::random_floats(shape, 1, -6, 6), b = test::random_floats(shape, 2);
  for (float alpha : {1.0f, 1.702f, 0.0f})
    for (bool channels_last : {false, true}) {
      OpCall gate = call("SwiGLU", {a, b}, 28);
      if (alpha != 1) gate.attributes.set("alpha", alpha);
      gate.channels_last = channels_last;
      std::vector<float> want;
      for (int64_t i = 0; i < element_count(shape); ++i) {
        const double x = a.data<float>()[i];
        want.push_back(static_cast<float>(x * sigmoid(static_cast<double>(alpha) * x) * b.data<float>()[i]));
      }
      SCOPED_TRACE(alpha);
      expect_close(run_op_ok(gate), floats(shape, want));
    }
  EXPECT_EQ(run_op(call("SwiGLU", {floats({2, 1}, {1, 2}), floats({2}, {1, 2})}, 28)).error().what,
            "A is [2, 1] and B is [2], one shape is needed");
}

TEST(FusableActivation, KnowsWhatConvolutionsApply) {
  Attributes alpha;
  alpha.set("alpha", 0.3f);
  const auto leaky = fusable("LeakyRelu", 16, alpha);
  ASSERT_TRUE(leaky);
  EXPECT_EQ(leaky->kind, ActivationKind::LeakyRelu);
  EXPECT_EQ(leaky->alpha, 0.3f);
  const auto clip = fusable("Clip", 13, {}, {0, 6});
  ASSERT_TRUE(clip);
  EXPECT_EQ(clip->kind, ActivationKind::Clip);
  EXPECT_EQ(clip->alpha, 0.0f);
  EXPECT_EQ(clip->beta, 6.0f);
  EXPECT_FALSE(fusable("Clip", 13, {}, {0, 6}, false));
  EXPECT_FALSE(fusable("Exp", 13, {}));
  EXPECT_FALSE(fusable("Softmax", 13, {}));
}

TEST(PRelu, OfOpset6HasASlopePerChannel) {
  OpCall call;
  call.type = "PRelu";
  call.opset = 6;
  call.inputs = {floats({1, 2, 2}, {-1, 2, -3, 4}), floats({2}, {10, 100})};
  expect_close(run_op_ok(call), floats({1, 2, 2}, {-10, 2, -300, 4}));
}

}  // namespace
}  // namespace cnn
