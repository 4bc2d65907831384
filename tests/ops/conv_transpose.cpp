// SPDX-License-Identifier: MIT
#include "engine/ops/conv_transpose.h"

#include <gtest/gtest.h>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

using Integers = std::vector<int64_t>;

OpCall transpose(Tensor x, Tensor weights, const Attributes& attributes = {}) {
  OpCall call;
  call.type = "ConvTranspose";
  call.opset = 11;
  call.inputs = {std::move(x), std::move(weights)};
  call.attributes = attributes;
  call.constants_from = 1;
  return call;
}

std::string failure(const OpCall& call) {
  const auto result = run_op(call);
  return result ? "no failure" : result.error().what;
}

TEST(ConvTranspose, SpreadsEveryInputOverTheKernel) {
  const Tensor x = floats({1, 1, 2, 2}, {1, 2,  //
                                         3, 4});
  const Tensor weights = floats({1, 1, 2, 2}, {1, 10,  //
                                               100, 1000});
  expect_close(run_op_ok(transpose(x, weights)), floats({1, 1, 3, 3}, {1, 12, 20,        //
                                                                       103, 1234, 2040,  //
                                                                       300, 3400, 4000}));
}

TEST(ConvTranspose, PutsStrideAndDilationApart) {
  const Tensor x = floats({1, 1, 3}, {1, 2, 3});
  const Tensor weights = floats({1, 1, 2}, {1, 10});
  expect_close(run_op_ok(transpose(x, weights, attributes({{"strides", Integers{3}}}))),
               floats({1, 1, 8}, {1, 10, 0, 2, 20, 0, 3, 30}));
  expect_close(run_op_ok(transpose(x, weights, attributes({{"dilations", Integers{2}}}))),
               floats({1, 1, 5}, {1, 2, 13, 20, 30}));
}

TEST(ConvTranspose, CutsPadsAndAddsOutputPadding) {
  const Tensor x = floats({1, 1, 3}, {1, 2, 3});
  const Tensor weights = floats({1, 1, 3}, {1, 10, 100});
  const Attributes pads =
      attributes({{"strides", Integers{2}}, {"pads", Integers{1, 2}}, {"output_padding", Integers{1}}});
  // In full: 1 10 102 20 203 30 300 0
  expect_close(run_op_ok(transpose(x, weights, pads)), floats({1, 1, 5}, {10, 102, 20, 203, 30}));
}

TEST(ConvTranspose, SharesThePaddingOfAStatedOutput) {
  const Tensor x = floats({1, 1, 3}, {1, 2, 3});
  const Tensor weights = floats({1, 1, 3}, {1, 10, 100});
  const auto with = [&](const char* auto_pad, int64_t out) {
    Attributes a = attributes({{"strides", Integers{2}}, {"auto_pad", std::string(auto_pad)}});
    if (out) a.set("output_shape", Integers{out});
    return run_op_ok(transpose(x, weights, a));
  };
  // In full: 1 10 102 20 203 30 300
  expect_close(with("SAME_UPPER", 0), floats({1, 1, 6}, {1, 10, 102, 20, 203, 30}));
  expect_close(with("SAME_LOWER", 0), floats({1, 1, 6}, {10, 102, 20, 203, 30, 300}));
  expect_close(with("SAME_UPPER", 4), floats({1, 1, 4}, {10, 102, 20, 203}));
  expect_close(with("NOTSET", 4), floats({1, 1, 4}, {102, 20, 203, 30}));
  expect_close(with("VALID", 0), floats({1, 1, 7}, {1, 10, 102, 20, 203, 30, 300}));
  expect_close(with("NOTSET", 9), floats({1, 1, 9}, {1, 10, 102, 20, 203, 30, 300, 0, 0}));
}

/// Scatter form, in double.
Tensor scattered(const Tensor& x, const Tensor& w, const Tensor& bias, int64_t groups, int64_t stride, int64_t pad) {
  const Shape& in = x.desc.shape;
  const Shape& kernel = w.desc.shape;
  const int64_t filters = kernel[1], depth = in[1] / groups;
  const int64_t height = stride * (in[2] - 1) + kernel[2] - 2 * pad, width = stride * (in[3] - 1) + kernel[3] - 2 * pad;
  std::vector<double> sums(static_cast<size_t>(in[0] * filters * groups * height * width));
  std::vector<float> result(sums.size());
  const auto at = [&](int64_t n, int64_t m, int64_t oy, int64_t ox) {
    return static_cast<size_t>(((n * filters * groups + m) * height + oy) * width + ox);
  };
  for (int64_t n = 0; n < in[0]; ++n)
    for (int64_t c = 0; c < in[1]; ++c)
      for (int64_t y = 0; y < in[2]; ++y)
        for (int64_t ix = 0; ix < in[3]; ++ix)
          for (int64_t m = 0; m < filters; ++m)
            for (int64_t ky = 0; ky < kernel[2]; ++ky)
              for (int64_t kx = 0; kx < kernel[3]; ++kx) {
                const int64_t oy = y * stride + ky - pad, ox = ix * stride + kx - pad;
                if (oy < 0 || ox < 0 || oy >= height || ox >= width) continue;
                sums[at(n, c / depth * filters + m, oy, ox)] +=
                    static_cast<double>(x.data<float>()[((n * in[1] + c) * in[2] + y) * in[3] + ix]) *
                    w.data<float>()[((c * filters + m) * kernel[2] + ky) * kernel[3] + kx];
              }
  const size_t area = static_cast<size_t>(height * width), outputs = static_cast<size_t>(filters * groups);
  for (size_t i = 0; i < sums.size(); ++i)
    result[i] = static_cast<float>(sums[i] + static_cast<double>(bias.data<float>()[i / area % outputs]));
  return floats({in[0], filters * groups, height, width}, result);
}

TEST(ConvTranspose, EqualsTheScatterFormInGroupsWithConstantAndComputedWeights) {
  const Tensor x = random_floats({2, 6, 5, 4}, 1), weights = random_floats({6, 70, 3, 3}, 2),
               bias = random_floats({210}, 3);
  OpCall call = transpose(
      x, weights, attributes({{"group", int64_t{3}}, {"strides", Integers{2, 2}}, {"pads", Integers{1, 1, 1, 1}}}));
  call.inputs.push_back(bias);
  const Tensor expected = scattered(x, weights, bias, 3, 2, 1);
  expect_close(run_op_ok(call), expected);
  call.constants_from = 1000;
  call.threads = 2;
  expect_close(run_op_ok(call), expected);
}

TEST(ConvTranspose, WorksInThreeDimensions) {
  const Tensor x = floats({1, 1, 2, 1, 1}, {1, 2});
  const Tensor weights = floats({1, 1, 1, 1, 2}, {3, 5});
  expect_close(run_op_ok(transpose(x, weights, attributes({{"strides", Integers{2, 1, 1}}}))),
               floats({1, 1, 3, 1, 2}, {3, 5, 0, 0, 6, 10}));
}

TEST(ConvTranspose, RefusesWhatDoesNotFit) {
  const Tensor x = floats({1, 2, 1}, {1, 2});
  EXPECT_EQ(failure(transpose(x, floats({1, 1, 1}, {1}))), "weights are [1, 1, 1] but the input has 2 channels");
  EXPECT_EQ(failure(transpose(x, floats({2, 1, 1}, {1, 1}), attributes({{"group", int64_t{0}}}))),
            "group is 0, which does not divide 2 input channels");
  EXPECT_EQ(failure(transpose(x, floats({2, 1, 1}, {1, 1}), attributes({{"pads", Integers{1, 1}}}))),
            "input of 1 with padding 1 and 1 leaves an output of -1");
  EXPECT_EQ(failure(transpose(x, floats({2, 1, 1}, {1, 1}), attributes({{"strides", Integers{0}}}))),
            "strides has the value 0, 1 to 1073741824 is possible");
}

}  // namespace
}  // namespace cnn::test
