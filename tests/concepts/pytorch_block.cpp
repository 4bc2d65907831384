// SPDX-License-Identifier: MIT
// Conv2d(3, 64, 3, padding=1), BatchNorm2d(64), ReLU, MaxPool2d(2, 2): the block that PyTorch's tutorials begin with.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "tests/concepts/convolution_sums.h"
#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

constexpr int64_t side = 32, channels = 3, filters = 64;
constexpr double epsilon = 1e-5;  // BatchNorm2d's default

/// As in pytorch_block.py: exact in float32.
Tensor ramp(const Shape& shape, int64_t step, int64_t modulus, double divisor, double offset = 0) {
  std::vector<float> values;
  for (int64_t i = 0; i < element_count(shape); ++i)
    values.push_back(static_cast<float>(static_cast<double>(i * step % modulus - modulus / 2) / divisor + offset));
  return floats(shape, values);
}

struct Block {
  Tensor weights = ramp({filters, channels, 3, 3}, 37, 101, 256), bias = ramp({filters}, 11, 31, 64);
  Tensor scale = ramp({filters}, 7, 23, 64, 1), shift = ramp({filters}, 5, 29, 32);
  Tensor mean = ramp({filters}, 3, 19, 16), variance = ramp({filters}, 13, 37, 64, 1);

  Model model() const {
    GraphBuilder b;
    const ValueId x = b.input("x", {-1, channels, side, side});
    const ValueId conv = b.node("Conv", {x, b.constant(weights), b.constant(bias)},
                                attributes({{"pads", std::vector<int64_t>{1, 1, 1, 1}}}));
    const ValueId norm = b.node("BatchNormalization",
                                {conv, b.constant(scale), b.constant(shift), b.constant(mean), b.constant(variance)});
    return b.model(
        {b.node("MaxPool", {b.node("Relu", {norm})},
                attributes({{"kernel_shape", std::vector<int64_t>{2, 2}}, {"strides", std::vector<int64_t>{2, 2}}}))});
  }

  /// Each layer by its definition, in double precision; [c, h / 2, w / 2].
  std::vector<double> by_definition(const Tensor& x) const {
    const std::vector<double> sums = convolution_sums(x, weights);
    std::vector<double> result;
    for (int64_t m = 0; m < filters; ++m)
      for (int64_t y = 0; y < side; y += 2)
        for (int64_t z = 0; z < side; z += 2) {
          double largest = 0;
          for (int64_t p : {y * side + z, y * side + z + 1, (y + 1) * side + z, (y + 1) * side + z + 1}) {
            const double normal =
                (sums[static_cast<size_t>(p * filters + m)] + bias.data<float>()[m] - mean.data<float>()[m]) /
                std::sqrt(variance.data<float>()[m] + epsilon);
            largest = std::max(largest, normal * scale.data<float>()[m] + shift.data<float>()[m]);
          }
          result.push_back(largest);
        }
    return result;
  }
};

Tensor picture(int64_t image) {
  return ramp({1, channels, side, side}, std::array{29, 53, 71}[static_cast<size_t>(image)], 127, 64);
}

TEST(PyTorchBlock, EqualsItsDefinition) {
  const Block block;
  for (int64_t image = 0; image < 3; ++image) {
    const Tensor y = run_model(block.model(), {picture(image)}).at(0);
    ASSERT_EQ(y.desc.shape, (Shape{1, filters, side / 2, side / 2}));
    const std::vector<double> expected = block.by_definition(picture(image));
    for (size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(y.data<float>()[i], expected[i], 2e-6) << i;
  }
}

struct Number {
  int64_t c, y, x;
  float value;
};
/// What pytorch_block.py prints with PyTorch 2.15.
struct Printed {
  double sum, squares;
  std::array<Number, 6> numbers;
};
constexpr std::array<Printed, 3> pytorch{{
    {6959.5353,
     5702.38815,
     {{{0, 0, 0, 0.303026438f},
       {1, 3, 15, 0.361129105f},
       {17, 8, 8, 0.241528451f},
       {31, 15, 0, 0},
       {40, 7, 2, 0.746903121f},
       {63, 15, 15, 0.0623571202f}}}},
    {7153.11867,
     5838.46538,
     {{{0, 0, 0, 0.183073193f},
       {1, 3, 15, 0.307910383f},
       {17, 8, 8, 0.508828759f},
       {31, 15, 0, 0},
       {40, 7, 2, 0.7389943f},
       {63, 15, 15, 0.0129108913f}}}},
    {7492.69552,
     6297.68019,
     {{{0, 0, 0, 0.206920758f},
       {1, 3, 15, 0.136513934f},
       {17, 8, 8, 0.456194729f},
       {31, 15, 0, 0},
       {40, 7, 2, 0.495452702f},
       {63, 15, 15, 0}}}},
}};

TEST(PyTorchBlock, EqualsPyTorchsNumbers) {
  const Block block;
  for (int64_t image = 0; image < 3; ++image) {
    const Tensor y = run_model(block.model(), {picture(image)}).at(0);
    const Printed& printed = pytorch[static_cast<size_t>(image)];
    double sum = 0, squares = 0;
    for (float value : y.values<float>()) {
      sum += value;
      squares += double{value} * value;
    }
    EXPECT_NEAR(sum, printed.sum, 1e-6 * printed.sum) << image;
    EXPECT_NEAR(squares, printed.squares, 1e-6 * printed.squares) << image;
    for (const Number& number : printed.numbers)
      EXPECT_NEAR(y.data<float>()[(number.c * side / 2 + number.y) * side / 2 + number.x], number.value, 2e-6)
          << "image " << image << ", channel " << number.c;
  }
}

}  // namespace
}  // namespace cnn::test
