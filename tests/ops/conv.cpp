// SPDX-License-Identifier: MIT
#include "engine/ops/conv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/buffer.h"
#include "engine/kernels/bf16.h"
#include "tests/reference/convolution.h"
#include "tests/support/run_op.h"

namespace cnn {
namespace {

using test::expect_close;
using test::floats;
using test::OpCall;
using test::random_floats;
using test::rounded_to_bf16;
using test::run_op;
using test::run_op_ok;
using testing::HasSubstr;
using Integers = std::vector<int64_t>;

OpCall conv(std::vector<std::optional<Tensor>> inputs,
            std::vector<std::pair<std::string, AttributeValue>> attributes = {}) {
  OpCall call;
  call.type = "Conv";
  call.inputs = std::move(inputs);
  call.constants_from = 1;
  for (auto& [name, value] : attributes) call.attributes.set(name, value);
  return call;
}

std::string failure(const OpCall& call) {
  auto result = run_op(call);
  return result ? "no failure" : result.error().what;
}

const Tensor image = floats({1, 1, 3, 3}, {1, 2, 3,
                                           4, 5, 6,
                                           7, 8, 9});
const Tensor ones_3x3 = floats({1, 1, 3, 3}, {1, 1, 1, 1, 1, 1, 1, 1, 1});
/// Takes the left upper one of four neighbours ten times and adds the right lower.
const Tensor corners_2x2 = floats({1, 1, 2, 2}, {10, 0,
                                                 0, 1});

TEST(Conv, WithoutPaddingSumsTheWindow) {
  expect_close(run_op_ok(conv({image, ones_3x3})), floats({1, 1, 1, 1}, {45}));
}

TEST(Conv, PadsWithZeros) {
  expect_close(run_op_ok(conv({image, ones_3x3}, {{"pads", Integers{1, 1, 1, 1}}})), floats({1, 1, 3, 3}, {12, 21, 16,
                                                                                                     27, 45, 33,
                                                                                                     24, 39, 28}));
}

TEST(Conv, PadsEverySideByItsOwnAmount) {
  // pads: 0 above, 2 left, 1 below, 0 right
  expect_close(run_op_ok(conv({image, corners_2x2}, {{"pads", Integers{0, 2, 1, 0}}})),
               floats({1, 1, 3, 4}, {0, 4, 15, 26,
                                     0, 7, 48, 59,
                                     0, 0, 70, 80}));
}

TEST(Conv, SameUpperPutsTheOddPaddingAtTheEnd) {
  expect_close(run_op_ok(conv({image, corners_2x2}, {{"auto_pad", std::string("SAME_UPPER")}})),
               floats({1, 1, 3, 3}, {15, 26, 30,
                                     48, 59, 60,
                                     70, 80, 90}));
}

TEST(Conv, SameLowerPutsTheOddPaddingAtTheBeginning) {
  expect_close(run_op_ok(conv({image, corners_2x2}, {{"auto_pad", std::string("SAME_LOWER")}})),
               floats({1, 1, 3, 3}, {1, 2, 3,
                                     4, 15, 26,
                                     7, 48, 59}));
}

TEST(Conv, SameWithStrideMakesTheCeilingOfTheQuotient) {
  expect_close(
      run_op_ok(conv({image, ones_3x3}, {{"auto_pad", std::string("SAME_UPPER")}, {"strides", Integers{2, 2}}})),
      floats({1, 1, 2, 2}, {12, 16, 24, 28}));
}

TEST(Conv, ValidIgnoresPads) {
  const OpCall call = conv({image, ones_3x3}, {{"auto_pad", std::string("VALID")}, {"pads", Integers{1, 1, 1, 1}}});
  expect_close(run_op_ok(call), floats({1, 1, 1, 1}, {45}));
}

TEST(Conv, DilationSpreadsTheTaps) {
  expect_close(run_op_ok(conv({image, corners_2x2}, {{"dilations", Integers{2, 2}}})), floats({1, 1, 1, 1}, {19}));
}

TEST(Conv, AddsBiasPerOutputChannel) {
  const Tensor weights = floats({2, 1, 1, 1}, {1, 2});
  expect_close(run_op_ok(conv({image, weights, floats({2}, {100, 200})})),
               floats({1, 2, 3, 3}, {101, 102, 103, 104, 105, 106, 107, 108, 109,
                                     202, 204, 206, 208, 210, 212, 214, 216, 218}));
}

/// A random convolution against the definition; output extents as explicit padding gives them.
struct Case {
  ConvGeometry g;
  std::array<int64_t, 3> pad_end{0, 0, 0};
  size_t spatial = 2;  ///< axes
  bool bias = true;
};

Tensor logical(const ConvGeometry& g, size_t spatial, const std::vector<double>& pixels) {
  const int64_t per_image = g.output[0] * g.output[1] * g.output[2];
  Shape shape{g.images, g.outputs};
  shape.insert(shape.end(), g.output.end() - static_cast<std::ptrdiff_t>(spatial), g.output.end());
  std::vector<float> values;
  for (int64_t n = 0; n < g.images; ++n)
    for (int64_t m = 0; m < g.outputs; ++m)
      for (int64_t p = 0; p < per_image; ++p)
        values.push_back(static_cast<float>(pixels[static_cast<size_t>((n * per_image + p) * g.outputs + m)]));
  return floats(shape, values);
}

void check(Case t, int threads = 1) {
  ConvGeometry& g = t.g;
  for (size_t i = 0; i < 3; ++i)
    g.output[i] =
        (g.input[i] + g.pad_begin[i] + t.pad_end[i] - (g.kernel[i] - 1) * g.dilation[i] - 1) / g.stride[i] + 1;
  const auto last = [&](const std::array<int64_t, 3>& a) {
    return Integers(a.end() - static_cast<std::ptrdiff_t>(t.spatial), a.end());
  };
  Shape x_shape = last(g.input), w_shape = last(g.kernel);
  x_shape.insert(x_shape.begin(), {g.images, g.channels});
  w_shape.insert(w_shape.begin(), {g.outputs, g.group_channels()});
  const Tensor x = random_floats(x_shape, 1), w = random_floats(w_shape, 2), b = random_floats({g.outputs}, 3);
  SCOPED_TRACE(to_string(x_shape) + " with weights " + to_string(w_shape));

  const int64_t per_image = g.input[0] * g.input[1] * g.input[2];
  std::vector<float> pixels(static_cast<size_t>(g.images * per_image * g.channels));
  for (int64_t n = 0; n < g.images; ++n)
    for (int64_t c = 0; c < g.channels; ++c)
      for (int64_t p = 0; p < per_image; ++p)
        pixels[static_cast<size_t>((n * per_image + p) * g.channels + c)] =
            x.data<float>()[(n * g.channels + c) * per_image + p];
  auto expected = reference::convolution(g, pixels, g.channels, {w.values<float>().begin(), w.values<float>().end()});
  if (t.bias)
    for (size_t i = 0; i < expected.size(); ++i) expected[i] += b.data<float>()[i % static_cast<size_t>(g.outputs)];

  Integers pads = last(g.pad_begin), end = last(t.pad_end);
  pads.insert(pads.end(), end.begin(), end.end());
  OpCall call =
      conv({x, w}, {{"strides", last(g.stride)}, {"dilations", last(g.dilation)}, {"group", g.groups}, {"pads", pads}});
  if (t.bias) call.inputs.push_back(b);
  call.threads = threads;
  for (size_t constants_from : {size_t{1}, size_t{2}, size_t{1000}}) {
    SCOPED_TRACE(testing::Message() << "constants from input " << constants_from);
    call.constants_from = constants_from;
    expect_close(run_op_ok(call), logical(g, t.spatial, expected), 1e-4, 1e-4);
  }
}

TEST(Conv, MatchesTheDefinitionInOneTwoAndThreeDimensions) {
  check({{2, 3, 5, 1, {1, 1, 9}, {}, {1, 1, 4}, {1, 1, 2}, {1, 1, 1}, {0, 0, 2}}, {0, 0, 1}, 1});
  check({{2, 3, 20, 1, {1, 8, 9}, {}, {1, 3, 2}, {1, 2, 1}, {1, 1, 2}, {0, 1, 0}}, {0, 0, 2}, 2}, 2);
  check({{2, 3, 5, 1, {4, 5, 6}, {}, {2, 3, 3}, {1, 2, 1}, {1, 1, 2}, {1, 0, 1}}, {0, 1, 2}, 3});
  check({{1, 32, 40, 1, {1, 8, 9}, {}, {1, 1, 1}, {1, 2, 2}}, {}, 2, false});
}

TEST(Conv, MatchesTheDefinitionWithGroupsAndDepthMultipliers) {
  check({{1, 6, 9, 3, {1, 6, 6}, {}, {1, 3, 3}, {1, 1, 1}, {1, 1, 1}, {0, 1, 1}}, {0, 1, 1}});
  check({{2, 20, 20, 20, {1, 6, 7}, {}, {1, 3, 3}, {1, 1, 1}, {1, 1, 1}, {0, 1, 1}}, {0, 1, 1}});
  check({{1, 20, 40, 20, {1, 6, 7}, {}, {1, 3, 3}, {1, 2, 2}, {1, 1, 1}, {0, 1, 1}}, {0, 1, 1}});
  check({{1, 5, 5, 5, {1, 1, 12}, {}, {1, 1, 5}, {1, 1, 1}, {1, 1, 1}, {0, 0, 2}}, {0, 0, 2}, 1});
  check({{1, 4, 4, 4, {3, 4, 5}, {}, {3, 3, 3}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}}, {1, 1, 1}, 3});
}

TEST(Conv, RoundsInputAndWeightsWhenBf16IsAsked) {
  if (bf16_products() == Bf16Products::Absent) GTEST_SKIP() << "the CPU's widest vectors multiply no bfloat16";
  const Integers pads{1, 1, 1, 1}, strides{2, 2};
  const Tensor x = random_floats({2, 6, 9, 8}, 1), b = random_floats({8}, 3);
  for (int64_t group : {1, 2}) {
    const Tensor w = random_floats({8, 6 / group, 3, 3}, 2);
    OpCall exact =
        conv({rounded_to_bf16(x), rounded_to_bf16(w), b}, {{"pads", pads}, {"strides", strides}, {"group", group}});
    OpCall rounding = conv({x, w, b}, {{"pads", pads}, {"strides", strides}, {"group", group}});
    rounding.precision = Precision::Bf16;
    expect_close(run_op_ok(rounding), run_op_ok(exact), 1e-5, 1e-5);
  }
}

TEST(Conv, DepthwiseStaysFp32) {
  OpCall call = conv({random_floats({1, 6, 9, 8}, 1), random_floats({6, 1, 3, 3}, 2)}, {{"group", int64_t{6}}});
  const Tensor expected = run_op_ok(call);
  call.precision = Precision::Bf16;
  expect_close(run_op_ok(call), expected, 1e-6, 1e-6);  // where `expected` is of a GPU, sums are in another order
}

TEST(Conv, OfNoImagesHasAnEmptyResult) {
  const Tensor y = run_op_ok(conv({random_floats({0, 2, 4, 4}, 1), random_floats({3, 2, 3, 3}, 2)}));
  EXPECT_EQ(y.desc.shape, (Shape{0, 3, 2, 2}));
}

/// Runs `op` by itself on x, w, no bias and residual, all activations in `layout`.
std::vector<float> run_step(const Op& op, const Tensor& x, const Tensor& w, const Tensor& residual, Layout layout) {
  const std::vector<InputInfo> infos = {{true, {DataType::Float32, x.desc.shape}, nullptr},
                                        {true, {DataType::Float32, w.desc.shape}, &w},
                                        {},
                                        {true, {DataType::Float32, residual.desc.shape}, nullptr}};
  const auto types = op.infer(infos);
  if (!types) return {};
  const TensorDesc x_desc{DataType::Float32, x.desc.shape, layout},
      residual_desc{DataType::Float32, residual.desc.shape, layout};
  const std::vector<const TensorDesc*> descs = {&x_desc, &w.desc, nullptr, &residual_desc};
  const std::vector<const Tensor*> constants = {nullptr, &w, nullptr, nullptr};
  const std::vector<TensorDesc> outputs = {{DataType::Float32, (*types)[0].shape, layout}};
  PackedWeights packed;
  const auto step = op.plan({"node", descs, constants, outputs, packed, 1});
  if (!step) return {};
  Buffer scratch((*step)->scratch_bytes());
  Workers workers(1);
  std::vector<float> y(static_cast<size_t>(outputs[0].count()));
  const std::vector<const void*> addresses = {x.bytes.get(), w.bytes.get(), nullptr, residual.bytes.get()};
  const std::vector<void*> results = {y.data()};
  (*step)->run({addresses, results, scratch.data(), workers});
  return y;
}

TEST(Conv, RewrittenCopiesAddTheResidualBeforeTheActivation) {
  const ConvOp plain{ConvAttributes{}};
  const auto op = dynamic_cast<const ConvOp&>(*plain.with_residual()).with_activation({ActivationKind::Relu});
  const auto& rewritten = dynamic_cast<const ConvOp&>(*op);
  EXPECT_TRUE(rewritten.attributes().residual);
  EXPECT_EQ(rewritten.attributes().activation.kind, ActivationKind::Relu);
  EXPECT_FALSE(plain.attributes().residual);
  const Tensor x = floats({1, 1, 1, 3}, {1, 2, 3}), w = floats({1, 1, 1, 1}, {1}), r = floats({1, 1, 1, 3}, {-5, 0, 5});
  EXPECT_EQ(run_step(rewritten, x, w, r, Layout::ChannelsLast), (std::vector<float>{0, 2, 8}));
}

TEST(Conv, TakesPlainTensorsAsConstantFoldingHasThem) {
  const auto op = ConvOp{ConvAttributes{}}.with_residual();
  const Tensor x = floats({1, 2, 1, 3}, {1, 2, 3,
                                         10, 20, 30});
  const Tensor w = floats({3, 2, 1, 1}, {1, 0, 0, 1, 1, 1});
  const Tensor r = floats({1, 3, 1, 3}, {0, 0, 100, 0, 200, 0, 300, 0, 0});
  EXPECT_EQ(run_step(*op, x, w, r, Layout::Plain), (std::vector<float>{1, 2, 103,
                                                                       10, 220, 30,
                                                                       311, 22, 33}));
}

TEST(Conv, RefusesWeightsOfOtherChannels) {
  const Tensor x = random_floats({1, 48, 5, 5}, 1);
  EXPECT_THAT(failure(conv({x, random_floats({64, 32, 3, 3}, 2)})),
              HasSubstr("weights are [64, 32, 3, 3] but the input has 48 channels"));
  EXPECT_THAT(failure(conv({x, random_floats({64, 48, 3, 3}, 2)}, {{"group", int64_t{2}}})),
              HasSubstr("48 channels in 2 groups"));
  EXPECT_THAT(failure(conv({x, random_floats({64, 10, 3, 3}, 2)}, {{"group", int64_t{5}}})),
              HasSubstr("group is 5, which does not divide 48 input and 64 output channels"));
  EXPECT_THAT(failure(conv({x, random_floats({64, 48, 3, 3}, 2)}, {{"group", int64_t{0}}})), HasSubstr("group is 0"));
}

TEST(Conv, RefusesShapesThatDoNotFit) {
  const Tensor x = random_floats({1, 2, 5, 5}, 1), w = random_floats({3, 2, 3, 3}, 2);
  EXPECT_THAT(failure(conv({x, random_floats({3, 2, 3}, 2)})),
              HasSubstr("weights are [3, 2, 3] but the input is [1, 2, 5, 5]"));
  EXPECT_THAT(failure(conv({x, w}, {{"kernel_shape", Integers{5, 5}}})), HasSubstr("kernel_shape is [5, 5]"));
  EXPECT_THAT(failure(conv({x, w, random_floats({4}, 3)})), HasSubstr("bias is [4]"));
  EXPECT_THAT(failure(conv({x, random_floats({3, 2, 7, 7}, 2)})), HasSubstr("7"));
  EXPECT_THAT(failure(conv({test::values_of<int32_t>({1, 1, 1, 1}, {1}), w})), HasSubstr("int32"));
}

TEST(Conv, RefusesAttributesOutOfRange) {
  const Tensor x = random_floats({1, 2, 5, 5}, 1), w = random_floats({3, 2, 3, 3}, 2);
  EXPECT_THAT(failure(conv({x, w}, {{"strides", Integers{0, 1}}})), HasSubstr("strides has the value 0"));
  EXPECT_THAT(failure(conv({x, w}, {{"strides", Integers{1}}})), HasSubstr("strides has 1 values"));
  EXPECT_THAT(failure(conv({x, w}, {{"dilations", Integers{-1, 1}}})), HasSubstr("dilations has the value -1"));
  EXPECT_THAT(failure(conv({x, w}, {{"pads", Integers{1, 1, 1}}})), HasSubstr("pads has 3 values"));
  EXPECT_THAT(failure(conv({x, w}, {{"pads", Integers{INT64_MAX, 0, 0, 0}}})), HasSubstr("pads has the value"));
  EXPECT_THAT(failure(conv({x, w}, {{"auto_pad", std::string("HALF")}})), HasSubstr("auto_pad is \"HALF\""));
}

}  // namespace
}  // namespace cnn
