// SPDX-License-Identifier: MIT
// K x K depthwise and 1 x 1 pointwise to N channels cost 1 / N + 1 / K^2 of a full K x K convolution
// (Howard et al., "MobileNets", arXiv:1704.04861, section 3.1).
#include <gtest/gtest.h>

#include "tests/support/graph_builder.h"

namespace cnn::test {
namespace {

struct Cost {
  int64_t macs = 0, parameters = 0;
};

Cost cost(const Model& model) {
  auto session = Session::open(model, {});
  EXPECT_TRUE(session) << session.error().what;
  Cost cost;
  for (const LayerReport& layer : (*session)->layers()) {
    cost.macs += layer.macs;
    cost.parameters += layer.parameters;
  }
  return cost;
}

Attributes window(int64_t kernel, int64_t stride, int64_t groups) {
  return attributes({{"pads", std::vector<int64_t>(4, kernel / 2)},
                     {"strides", std::vector<int64_t>{stride, stride}},
                     {"group", groups}});
}

Model full(int64_t in, int64_t out, int64_t kernel, int64_t stride) {
  GraphBuilder b;
  const ValueId x = b.input("x", {-1, in, 20, 20});
  return b.model({b.node("Conv", {x, b.weights({out, in, kernel, kernel})}, window(kernel, stride, 1))});
}

Model separable(int64_t in, int64_t out, int64_t kernel, int64_t stride) {
  GraphBuilder b;
  const ValueId x = b.input("x", {-1, in, 20, 20});
  const ValueId depthwise = b.node("Conv", {x, b.weights({in, 1, kernel, kernel})}, window(kernel, stride, in));
  return b.model({b.node("Conv", {b.node("Relu", {depthwise}), b.weights({out, in, 1, 1})})});
}

TEST(DepthwiseSeparable, CostsOneOverChannelsPlusOneOverKernelSquared) {
  for (int64_t in : {8, 24})
    for (int64_t out : {8, 32, 96})
      for (int64_t kernel : {3, 5})
        for (int64_t stride : {1, 2}) {
          const Cost whole = cost(full(in, out, kernel, stride)), parts = cost(separable(in, out, kernel, stride));
          const int64_t square = kernel * kernel;
          ASSERT_GT(whole.macs, 0);
          // parts / whole = 1 / out + 1 / square, without a division.
          EXPECT_EQ(parts.macs * out * square, whole.macs * (square + out)) << in << " " << out << " " << kernel;
          EXPECT_EQ(parts.parameters * out * square, whole.parameters * (square + out));
        }
}

TEST(DepthwiseSeparable, SavesSevenEighthsOfATypicalLayer) {
  const double ratio =
      static_cast<double>(cost(separable(24, 96, 3, 1)).macs) / static_cast<double>(cost(full(24, 96, 3, 1)).macs);
  EXPECT_NEAR(ratio, 1.0 / 96 + 1.0 / 9, 1e-12);
}

}  // namespace
}  // namespace cnn::test
