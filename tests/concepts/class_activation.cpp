// SPDX-License-Identifier: MIT
// A class activation map is the score, spread over the pixels that it came from.
#include "tools/show/class_activation.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstring>
#include <numeric>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

using tools::ActivationMap;

constexpr int64_t side = 12, filters = 5, classes = 4;

/// Convolution and Relu, then what `end` makes of the maps.
template <class End>
tools::Network network(End&& end) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 3, side, side});
  const ValueId conv =
      b.node("Conv", {x, b.weights({filters, 3, 3, 3})}, attributes({{"strides", std::vector<int64_t>{2, 2}}}));
  tools::Network made;
  made.model = b.model({end(b, b.node("Relu", {conv}, {}, "maps"))});
  auto input = find_image_input(made.model.graph, {});
  EXPECT_TRUE(input) << input.error().what;
  made.input = *input;
  made.options.threads = 1;
  return made;
}

tools::Frame frame(const Tensor& x) {
  tools::Frame made;
  made.input.resize(x.desc.bytes());
  std::memcpy(made.input.data(), x.bytes.get(), made.input.size());
  return made;
}

Result<ActivationMap> map_of(const tools::Network& net, const Tensor& x, size_t index) {
  auto scores = find_scores(net);
  if (!scores) return scores.error();
  return class_activation(net, frame(x), *scores, index);
}

ValueId dense(GraphBuilder& b, ValueId maps) {
  const ValueId flat = b.node("Flatten", {b.node("GlobalAveragePool", {maps})});
  return b.node("Gemm", {flat, b.weights({classes, filters}), b.weights({classes})},
                attributes({{"transB", int64_t{1}}}));
}
ValueId pointwise(GraphBuilder& b, ValueId maps) {
  const ValueId pooled = b.node("AveragePool", {maps}, attributes({{"kernel_shape", std::vector<int64_t>{5, 5}}}));
  const ValueId conv = b.node("Conv", {pooled, b.weights({classes, filters, 1, 1}), b.weights({classes})});
  return b.node("Softmax", {b.node("Flatten", {conv})}, attributes({{"axis", int64_t{1}}}));
}
ValueId matmul(GraphBuilder& b, ValueId maps) {
  const ValueId mean = b.node("ReduceMean", {maps, b.integers({2, 3})}, attributes({{"keepdims", int64_t{0}}}));
  return b.node("Add", {b.node("MatMul", {mean, b.weights({filters, classes})}), b.weights({classes})});
}
ValueId maps_are_scores(GraphBuilder& b, ValueId maps) {
  return b.node("Flatten", {b.node("GlobalAveragePool", {maps})});
}

TEST(ClassActivation, IsWeightsOfTheClassTimesTheMaps) {
  GraphBuilder b;
  ValueId weights = no_value;
  const tools::Network net = network([&](GraphBuilder& g, ValueId maps) {
    const ValueId flat = g.node("Flatten", {g.node("GlobalAveragePool", {maps})});
    weights = g.weights({classes, filters});
    return g.node("Gemm", {flat, weights, g.weights({classes})}, attributes({{"transB", int64_t{1}}}));
  });
  const Tensor x = random_floats({1, 3, side, side}, 4);
  SessionOptions with_maps;
  with_maps.extra_outputs = {"maps"};
  const Tensor maps = run_model(net.model, {x}, with_maps).at(1);
  const float* w = net.model.graph.constant(weights)->data<float>();
  for (size_t index = 0; index < classes; ++index) {
    const auto map = map_of(net, x, index);
    ASSERT_TRUE(map) << map.error().what;
    ASSERT_EQ(map->height, 5);
    for (size_t p = 0; p < 25; ++p) {
      double sum = 0;
      for (size_t k = 0; k < filters; ++k) sum += double{w[index * filters + k]} * maps.data<float>()[k * 25 + p];
      EXPECT_NEAR(map->values[p], sum, 1e-5) << "class " << index << ", pixel " << p;
    }
  }
}

double mean_of(const ActivationMap& map) {
  return std::accumulate(map.values.begin(), map.values.end(), 0.0) / static_cast<double>(map.values.size());
}

TEST(ClassActivation, HasTheScoreAsMeanWhateverTheHeadIsWrittenAs) {
  const Tensor one = random_floats({1, 3, side, side}, 4), other = random_floats({1, 3, side, side}, 5);
  for (const auto& end : {dense, pointwise, matmul, maps_are_scores}) {
    const tools::Network net = network(end);
    const auto scores = find_scores(net);
    ASSERT_TRUE(scores);
    Model to_scores = net.model;
    to_scores.graph.outputs = {scores->tensor};
    const Tensor score = run_model(to_scores, {one}).at(0), other_score = run_model(to_scores, {other}).at(0);
    for (size_t index = 0; index < classes; ++index) {
      const auto map = map_of(net, one, index), other_map = map_of(net, other, index);
      ASSERT_TRUE(map && other_map) << map.error().what;
      EXPECT_NEAR(map->score, score.data<float>()[index], 1e-5);
      // The bias, which no pixel speaks for, is in both.
      EXPECT_NEAR(mean_of(*map) - mean_of(*other_map), score.data<float>()[index] - other_score.data<float>()[index],
                  1e-5);
      EXPECT_THAT(map->method, ::testing::HasSubstr("exact"));
    }
  }
}

TEST(ClassActivation, IsRefusedWhereTheHeadIsNotLinear) {
  const Tensor x = random_floats({1, 3, side, side}, 4);
  const auto two_layers = [](GraphBuilder& b, ValueId maps) {
    const ValueId flat = b.node("Flatten", {b.node("GlobalAveragePool", {maps})});
    const ValueId hidden = b.node("Relu", {b.node("MatMul", {flat, b.weights({filters, 8})})});
    return b.node("MatMul", {hidden, b.weights({8, classes})});
  };
  const auto flattened = [](GraphBuilder& b, ValueId maps) {
    return b.node("MatMul", {b.node("Flatten", {maps}), b.weights({filters * 25, classes})});
  };
  const auto partly_pooled = [](GraphBuilder& b, ValueId maps) {
    const ValueId pooled = b.node("AveragePool", {maps}, attributes({{"kernel_shape", std::vector<int64_t>{4, 4}}}));
    return b.node("MatMul", {b.node("Flatten", {pooled}), b.weights({filters * 4, classes})});
  };
  const auto largest = [](GraphBuilder& b, ValueId maps) {
    return b.node("MatMul", {b.node("Flatten", {b.node("GlobalMaxPool", {maps})}), b.weights({filters, classes})});
  };
  EXPECT_FALSE(map_of(network(two_layers), x, 0));
  EXPECT_FALSE(map_of(network(flattened), x, 0));
  EXPECT_FALSE(map_of(network(partly_pooled), x, 0));
  EXPECT_FALSE(map_of(network(largest), x, 0));
}

TEST(Occlusion, FindsThePlaceThatTheScoreComesFrom) {
  // The score of class 0 is the largest pixel, by max pooling and two layers: no class activation map.
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 1, side, side});
  const ValueId largest = b.node("Flatten", {b.node("GlobalMaxPool", {x})});
  tools::Network net;
  net.model = b.model({b.node("MatMul", {largest, b.constant(floats({1, 2}, {1, -1}))})});
  net.input = *find_image_input(net.model.graph, {});
  std::vector<float> picture(side * side);
  picture[9 * side + 2] = 5;
  const auto scores = find_scores(net);
  ASSERT_TRUE(scores);
  const auto map = occlusion(net, frame(floats({1, 1, side, side}, picture)), *scores, 0);
  ASSERT_TRUE(map) << map.error().what;
  EXPECT_NEAR(map->score, 5, 1e-6);
  const auto at = [&](double y, double x) {
    return map->values[static_cast<size_t>(y / side * map->height) * static_cast<size_t>(map->width) +
                       static_cast<size_t>(x / side * map->width)];
  };
  EXPECT_GT(at(9.5, 2.5), 4.5);
  EXPECT_NEAR(at(2.5, 9.5), 0, 1e-6);
  EXPECT_NEAR(at(2.5, 2.5), 0, 1e-6);
  EXPECT_THAT(map->method, ::testing::HasSubstr("occlusion"));
}

}  // namespace
}  // namespace cnn::test
