// SPDX-License-Identifier: MIT
// A convolution is a dense layer most of whose weights are 0 and the rest the same few numbers.
#include <gtest/gtest.h>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

constexpr int64_t side = 8, channels = 3, filters = 4, kernel = 3;
constexpr int64_t inputs = channels * side * side, outputs = filters * side * side;

int64_t parameters(const Model& model, int64_t* macs = nullptr) {
  auto session = Session::open(model, {});
  EXPECT_TRUE(session) << session.error().what;
  int64_t sum = 0;
  for (const LayerReport& layer : (*session)->layers()) {
    sum += layer.parameters;
    if (macs) *macs += layer.macs;
  }
  return sum;
}

Model convolution(const Tensor& weights, const Tensor& bias, int64_t extent) {
  GraphBuilder b;
  const ValueId x = b.input("x", {-1, channels, extent, extent});
  const auto padding = attributes({{"pads", std::vector<int64_t>{1, 1, 1, 1}}});
  return b.model({b.node("Conv", {x, b.constant(weights), b.constant(bias)}, padding)});
}

Model dense(const Tensor& weights, const Tensor& bias) {
  GraphBuilder b;
  const ValueId x = b.input("x", {-1, channels, side, side});
  return b.model({b.node("Gemm", {b.node("Flatten", {x}), b.constant(weights), b.constant(bias)},
                         attributes({{"transB", int64_t{1}}}))});
}

/// [outputs, inputs]: row (m, y, x) has the filter m where its window lies.
Tensor unrolled(const Tensor& weights) {
  std::vector<float> matrix(static_cast<size_t>(outputs * inputs));
  const float* w = weights.data<float>();
  for (int64_t m = 0; m < filters; ++m)
    for (int64_t y = 0; y < side; ++y)
      for (int64_t x = 0; x < side; ++x)
        for (int64_t c = 0; c < channels; ++c)
          for (int64_t ky = 0; ky < kernel; ++ky)
            for (int64_t kx = 0; kx < kernel; ++kx) {
              const int64_t iy = y + ky - 1, ix = x + kx - 1;
              if (iy < 0 || ix < 0 || iy >= side || ix >= side) continue;
              const int64_t row = (m * side + y) * side + x, column = (c * side + iy) * side + ix;
              matrix[static_cast<size_t>(row * inputs + column)] = w[((m * channels + c) * kernel + ky) * kernel + kx];
            }
  return floats({outputs, inputs}, matrix);
}

TEST(SharedFilters, HaveAsManyParametersForAnyPictureSize) {
  const Tensor weights = random_floats({filters, channels, kernel, kernel}, 1), bias = random_floats({filters}, 2);
  for (int64_t extent : {8, 32, 100})
    EXPECT_EQ(parameters(convolution(weights, bias, extent)), filters * (channels * kernel * kernel + 1)) << extent;
}

TEST(SharedFilters, AreTheSameFunctionAsADenseLayerWithFarMoreParameters) {
  const Tensor weights = random_floats({filters, channels, kernel, kernel}, 1), bias = random_floats({filters}, 2);
  std::vector<float> spread;
  for (int64_t m = 0; m < filters; ++m) spread.insert(spread.end(), side * side, bias.data<float>()[m]);
  const Model shared = convolution(weights, bias, side), separate = dense(unrolled(weights), floats({outputs}, spread));
  const Tensor x = random_floats({1, channels, side, side}, 3);
  const Tensor a = run_model(shared, {x}).at(0), b = run_model(separate, {x}).at(0);
  expect_close(floats({1, outputs}, {a.values<float>().begin(), a.values<float>().end()}), b);
  int64_t shared_macs = 0, separate_macs = 0;
  EXPECT_EQ(parameters(shared, &shared_macs), 112);
  EXPECT_EQ(parameters(separate, &separate_macs), outputs * (inputs + 1));
  EXPECT_EQ(shared_macs, outputs * channels * kernel * kernel);
  EXPECT_EQ(separate_macs, outputs * inputs);
}

}  // namespace
}  // namespace cnn::test
