// SPDX-License-Identifier: MIT
// Where the input moves by the stride, the map moves by one element.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

constexpr int64_t side = 48;

/// [1, c, h, w] moved down and right; what comes in is new noise.
Tensor moved(const Tensor& x, int64_t down, int64_t right) {
  const Shape& s = x.desc.shape;
  Tensor noise = random_floats(s, 77);
  std::vector<float> values(noise.values<float>().begin(), noise.values<float>().end());
  for (int64_t c = 0; c < s[1]; ++c)
    for (int64_t y = down; y < s[2]; ++y)
      for (int64_t z = right; z < s[3]; ++z)
        values[static_cast<size_t>((c * s[2] + y) * s[3] + z)] =
            x.data<float>()[(c * s[2] + y - down) * s[3] + z - right];
  return floats(s, values);
}

/// The largest difference between `before` moved by (down, right) and `after`, `rim` elements from the borders.
double difference(const Tensor& before, const Tensor& after, int64_t down, int64_t right, int64_t rim) {
  const Shape& s = after.desc.shape;
  double worst = 0;
  int64_t compared = 0;
  for (int64_t c = 0; c < s[1]; ++c)
    for (int64_t y = rim + down; y < s[2] - rim; ++y)
      for (int64_t x = rim + right; x < s[3] - rim; ++x, ++compared)
        worst = std::max(worst, std::abs(double{after.data<float>()[(c * s[2] + y) * s[3] + x]} -
                                         before.data<float>()[(c * s[2] + y - down) * s[3] + x - right]));
  EXPECT_GT(compared, 50);
  return worst;
}

Attributes window(int64_t kernel, int64_t stride, int64_t padding, int64_t dilation = 1) {
  return attributes({{"kernel_shape", std::vector<int64_t>{kernel, kernel}},
                     {"strides", std::vector<int64_t>{stride, stride}},
                     {"dilations", std::vector<int64_t>{dilation, dilation}},
                     {"pads", std::vector<int64_t>(4, padding)}});
}

Model one_convolution(int64_t stride, int64_t dilation) {
  GraphBuilder b;
  const ValueId x = b.input("x", {-1, 3, side, side});
  return b.model({b.node("Conv", {x, b.weights({8, 3, 3, 3})}, window(3, stride, dilation, dilation))});
}

TEST(Equivariance, OfAConvolutionHoldsForShiftsByItsStride) {
  const Tensor x = random_floats({1, 3, side, side}, 5);
  for (int64_t stride : {1, 2, 3})
    for (int64_t dilation : {1, 2})
      for (int64_t steps : {1, 2}) {
        const Model net = one_convolution(stride, dilation);
        const Tensor before = run_model(net, {x}).at(0);
        const Tensor after = run_model(net, {moved(x, steps * stride, stride)}).at(0);
        EXPECT_LT(difference(before, after, steps, 1, 2), 1e-5) << "stride " << stride << ", dilation " << dilation;
      }
}

TEST(Equivariance, EndsWhereTheShiftIsNoMultipleOfTheStride) {
  const Tensor x = random_floats({1, 3, side, side}, 5);
  const Model net = one_convolution(2, 1);
  const Tensor before = run_model(net, {x}).at(0), after = run_model(net, {moved(x, 1, 1)}).at(0);
  EXPECT_GT(difference(before, after, 0, 0, 2), 0.5);
  EXPECT_GT(difference(before, after, 1, 1, 2), 0.5);
}

TEST(Equivariance, OfAStackHoldsForTheProductOfItsStrides) {
  GraphBuilder b;
  ValueId x = b.input("x", {-1, 3, side, side});
  x = b.node("Relu", {b.node("Conv", {x, b.weights({8, 3, 3, 3}), b.weights({8})}, window(3, 1, 1))});
  x = b.node("MaxPool", {x}, window(2, 2, 0));
  x = b.node("Relu", {b.node("Conv", {x, b.weights({8, 8, 3, 3}), b.weights({8})}, window(3, 2, 1))});
  const Model net = b.model({x});
  const Tensor picture = random_floats({1, 3, side, side}, 6);
  const Tensor before = run_model(net, {picture}).at(0);
  EXPECT_LT(difference(before, run_model(net, {moved(picture, 4, 8)}).at(0), 1, 2, 2), 1e-4);
  EXPECT_GT(difference(before, run_model(net, {moved(picture, 2, 2)}).at(0), 0, 0, 2), 0.1);
}

TEST(Equivariance, IsNoPropertyOfADenseLayer) {
  GraphBuilder b;
  const ValueId x = b.input("x", {-1, 1, 12, 12});
  const ValueId flat = b.node("MatMul", {b.node("Flatten", {x}), b.weights({144, 144})});
  const Model net = b.model({b.node("Reshape", {flat, b.integers({1, 1, 12, 12})})});
  const Tensor picture = random_floats({1, 1, 12, 12}, 8);
  const Tensor before = run_model(net, {picture}).at(0), after = run_model(net, {moved(picture, 1, 1)}).at(0);
  EXPECT_GT(difference(before, after, 1, 1, 1), 1);
}

}  // namespace
}  // namespace cnn::test
