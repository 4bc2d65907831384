// SPDX-License-Identifier: MIT
// w (g / sqrt(v + e)) x + b' is (w x + b - m) g / sqrt(v + e) + s: the normalisation costs nothing at run time.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/concepts/convolution_sums.h"
#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

constexpr int64_t side = 14, channels = 8, filters = 12;
constexpr float epsilon = 1e-3f;

struct Block {
  Tensor weights = random_floats({filters, channels, 3, 3}, 1, -0.3f, 0.3f), bias = random_floats({filters}, 2);
  Tensor scale = random_floats({filters}, 3, 0.2f, 3), shift = random_floats({filters}, 4);
  Tensor mean = random_floats({filters}, 5, -2, 2), variance = random_floats({filters}, 6, 0.01f, 4);

  Model model() const {
    GraphBuilder b;
    const ValueId x = b.input("x", {-1, channels, side, side});
    const auto padding = attributes({{"pads", std::vector<int64_t>{1, 1, 1, 1}}});
    const ValueId conv = b.node("Conv", {x, b.constant(weights), b.constant(bias)}, padding);
    const ValueId norm = b.node("BatchNormalization",
                                {conv, b.constant(scale), b.constant(shift), b.constant(mean), b.constant(variance)},
                                attributes({{"epsilon", epsilon}}));
    return b.model({b.node("Relu", {norm})});
  }

  /// Conv, then BatchNormalization, then Relu by their definitions, in double precision; [c, h, w].
  std::vector<double> by_definition(const Tensor& x) const {
    const std::vector<double> sums = convolution_sums(x, weights);
    std::vector<double> result(sums.size());
    for (int64_t p = 0; p < side * side; ++p)
      for (int64_t m = 0; m < filters; ++m) {
        const double y = sums[static_cast<size_t>(p * filters + m)] + bias.data<float>()[m];
        const double normal = (y - mean.data<float>()[m]) / std::sqrt(double{variance.data<float>()[m]} + epsilon);
        result[static_cast<size_t>(m * side * side + p)] =
            std::max(0.0, normal * scale.data<float>()[m] + shift.data<float>()[m]);
      }
    return result;
  }
};

double worst(const Tensor& actual, const std::vector<double>& expected) {
  double largest = 0, error = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    largest = std::max(largest, std::abs(expected[i]));
    error = std::max(error, std::abs(actual.data<float>()[i] - expected[i]));
  }
  return error / largest;
}

TEST(BatchNormFolding, LeavesOneConvolution) { EXPECT_EQ(optimised_ops(Block().model()), "Conv Reorder"); }

TEST(BatchNormFolding, IsExactToRounding) {
  const Block block;
  const Tensor x = random_floats({1, channels, side, side}, 9);
  const std::vector<double> expected = block.by_definition(x);
  SessionOptions separate;
  separate.optimise = false;
  const double one = worst(run_model(block.model(), {x}).at(0), expected);
  const double three = worst(run_model(block.model(), {x}, separate).at(0), expected);
  RecordProperty("folded", std::to_string(one));
  RecordProperty("separate", std::to_string(three));
  // 72 products of float32 each: some units of 2^-24 of the largest result.
  EXPECT_LT(one, 2e-6);
  EXPECT_LT(three, 2e-6);
}

TEST(BatchNormFolding, MovesTheMeanIntoTheBias) {
  Block block;
  block.weights = floats({filters, channels, 3, 3}, std::vector<float>(filters * channels * 9, 0));
  const Tensor y = run_model(block.model(), {random_floats({1, channels, side, side}, 9)}).at(0);
  for (int64_t m = 0; m < filters; ++m) {
    const double folded = (double{block.bias.data<float>()[m]} - block.mean.data<float>()[m]) *
                              block.scale.data<float>()[m] /
                              std::sqrt(double{block.variance.data<float>()[m]} + epsilon) +
                          block.shift.data<float>()[m];
    EXPECT_NEAR(y.data<float>()[m * side * side + 33], std::max(0.0, folded), 1e-5) << m;
  }
}

}  // namespace
}  // namespace cnn::test
