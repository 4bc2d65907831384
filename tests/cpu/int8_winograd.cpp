// SPDX-License-Identifier: MIT
// Layers of bytes that minimal filtering computes beside the same layers computed directly.
#include <gtest/gtest.h>

#include "engine/kernels/qgemm_quads.h"
#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn {
namespace {

/// A 3x3 layer with `count` channels whose weights are a constant, or an input.
struct Layer : test::GraphBuilder {
  Layer(const Tensor& weights, bool constant_weights) {
    const auto scale = [&](float value) { return constant(test::floats({}, {value})); };
    const Shape& shape = weights.desc.shape;
    const ValueId x = input("x", {1, shape[1], 15, 14}, DataType::UInt8);
    const ValueId w = constant_weights ? constant(weights) : input("w", shape, DataType::Int8);
    const ValueId zero = constant(test::values_of<uint8_t>({}, {120}));
    const ValueId w_zero = constant(test::values_of<int8_t>({}, {0}));
    const Attributes attributes = test::attributes({{"pads", std::vector<int64_t>{1, 0, 1, 2}}});
    model_ = model(
        {node("QLinearConv", {x, scale(0.02f), zero, w, scale(0.01f), w_zero, scale(3.0f), zero}, attributes, "conv")});
    options_.batched = false;
  }
  std::string algorithm() const {
    auto session = Session::open(model_, options_);
    if (!session) return session.error().what;
    for (const LayerReport& layer : (*session)->layers())
      if (layer.name == "conv") return layer.algorithm;
    return "none";
  }
  std::vector<Tensor> run(const std::vector<Tensor>& inputs) const { return test::run_model(model_, inputs, options_); }

 private:
  Model model_;
  SessionOptions options_;
};

template <class T>
Tensor random_bytes(const Shape& shape, unsigned seed, int low, int high) {
  const Tensor reals = test::random_floats(shape, seed, static_cast<float>(low), static_cast<float>(high));
  std::vector<T> bytes;
  for (float value : reals.values<float>()) bytes.push_back(static_cast<T>(value));
  return tensor_of<T>(shape, std::span<const T>(bytes));
}

class Int8Winograd : public testing::Test {
 protected:
  void SetUp() override { prefer_quads_for_test(false); }
  void TearDown() override { prefer_quads_for_test({}); }
};

TEST_F(Int8Winograd, GivesTheBytesOfTheDirectConvolution) {
  const Tensor weights = random_bytes<int8_t>({24, 40, 3, 3}, 1, -90, 90);
  const Tensor x = random_bytes<uint8_t>({1, 40, 15, 14}, 2, 0, 255);
  const Layer constant(weights, true), changing(weights, false);
  EXPECT_EQ(constant.algorithm(), "qwinograd 4x4");
  EXPECT_EQ(changing.algorithm().rfind("qgemm", 0), 0u) << "transforming at every run takes longer than it saves";
  const auto actual = constant.run({x}), expected = changing.run({x, weights});
  ASSERT_EQ(actual.size(), 1u);
  test::expect_close(actual[0], expected[0], 0, 0);
}

TEST_F(Int8Winograd, LeavesWeightsThatCouldOverflowToTheDirectConvolution) {
  const Layer layer(random_bytes<int8_t>({8, 2000, 3, 3}, 1, 126, 127), true);
  EXPECT_EQ(layer.algorithm().rfind("qgemm", 0), 0u) << layer.algorithm();
}

TEST_F(Int8Winograd, LeavesQuadsAloneWhereTheyAreMultiplied) {
  if (quad_products() == QuadProducts::Absent) GTEST_SKIP() << "the CPU's widest vectors multiply no quads";
  prefer_quads_for_test(true);
  const Layer layer(random_bytes<int8_t>({24, 40, 3, 3}, 1, -90, 90), true);
  EXPECT_EQ(layer.algorithm().rfind("qgemm quads", 0), 0u) << layer.algorithm();
}

}  // namespace
}  // namespace cnn
