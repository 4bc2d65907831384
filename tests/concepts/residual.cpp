// SPDX-License-Identifier: MIT
// y = x + f(x): a block that has learnt nothing passes its input on.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

constexpr int64_t channels = 16, side = 12;

/// `blocks` residual blocks of two 3x3 convolutions; `weight` scales the second one's random weights.
Model stack(int blocks, float weight, bool last_relu, bool shortcut = true) {
  GraphBuilder b;
  const auto padding = attributes({{"pads", std::vector<int64_t>{1, 1, 1, 1}}});
  ValueId x = b.input("x", {-1, channels, side, side});
  for (int i = 0; i < blocks; ++i) {
    const ValueId first =
        b.node("Relu", {b.node("Conv", {x, b.weights({channels, channels, 3, 3}), b.weights({channels})}, padding)});
    const ValueId second =
        b.node("Conv", {first, b.constant_floats({channels, channels, 3, 3}, -weight, weight)}, padding);
    const ValueId sum = shortcut ? b.node("Add", {x, second}) : second;
    x = last_relu ? b.node("Relu", {sum}) : sum;
  }
  return b.model({x});
}

void expect_identical(const Tensor& a, const Tensor& b) {
  ASSERT_EQ(a.desc.shape, b.desc.shape);
  EXPECT_TRUE(std::equal(a.values<float>().begin(), a.values<float>().end(), b.values<float>().begin()));
}

TEST(Residual, BlockWithZeroWeightsIsTheIdentity) {
  const Tensor x = random_floats({1, channels, side, side}, 3);
  expect_identical(run_model(stack(1, 0, false), {x}).at(0), x);
}

TEST(Residual, StackOfTwentyZeroBlocksIsTheIdentityToo) {
  const Tensor x = random_floats({1, channels, side, side}, 3, 0, 1);
  EXPECT_EQ(optimised_ops(stack(2, 0, true)), "Conv Conv Conv Conv Reorder") << "the sums are to be fused";
  expect_identical(run_model(stack(20, 0, true), {x}).at(0), x);
}

TEST(Residual, SmallWeightsChangeTheInputLittle) {
  const Tensor x = random_floats({1, channels, side, side}, 3);
  expect_close(run_model(stack(4, 1e-4f, false), {x}).at(0), x, 0.05, 0);
  const Tensor y = run_model(stack(4, 1e-4f, false), {x}).at(0);
  EXPECT_FALSE(std::equal(x.values<float>().begin(), x.values<float>().end(), y.values<float>().begin()));
}

TEST(Residual, WithoutShortcutTheInputIsLost) {
  const Tensor x = random_floats({1, channels, side, side}, 3);
  const Tensor y = run_model(stack(1, 0, false, false), {x}).at(0);
  EXPECT_TRUE(std::all_of(y.values<float>().begin(), y.values<float>().end(), [](float v) { return v == 0; }));
}

}  // namespace
}  // namespace cnn::test
