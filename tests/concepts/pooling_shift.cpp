// SPDX-License-Identifier: MIT
#include "tests/concepts/pooling_shift.h"

#include <cmath>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

constexpr int64_t side = 64, margin = 20;

/// Noise in the middle of black, moved right by `shift`.
Tensor picture(unsigned seed, int64_t shift) {
  const int64_t inner = side - 2 * margin;
  const Tensor noise = random_floats({inner, inner}, seed, 0, 1);
  std::vector<float> values(side * side);
  for (int64_t y = 0; y < inner; ++y)
    for (int64_t x = 0; x < inner; ++x)
      values[static_cast<size_t>((y + margin) * side + x + margin + shift)] = noise.data<float>()[y * inner + x];
  return floats({1, 1, side, side}, values);
}

Model network(const Pooling& pooling) {
  GraphBuilder b;
  const ValueId x = b.input("x", {-1, 1, side, side});
  const auto padding = attributes({{"pads", std::vector<int64_t>(4, 1)}});
  const ValueId maps = b.node("Relu", {b.node("Conv", {x, b.weights({16, 1, 3, 3})}, padding)});
  const bool global = pooling.type.starts_with("Global");
  const Attributes window = attributes({{"kernel_shape", std::vector<int64_t>(2, pooling.kernel)},
                                        {"strides", std::vector<int64_t>(2, pooling.stride)}});
  return b.model({b.node(pooling.type, {maps}, global ? Attributes() : window)});
}

double relative_difference(const Tensor& a, const Tensor& b) {
  double difference = 0, norm = 0;
  for (size_t i = 0; i < a.values<float>().size(); ++i) {
    difference += std::pow(double{b.data<float>()[i]} - a.data<float>()[i], 2);
    norm += std::pow(double{a.data<float>()[i]}, 2);
  }
  return std::sqrt(difference / norm);
}

}  // namespace

std::vector<Pooling> poolings() {
  return {{"every 2nd element", "MaxPool", 1, 2},  {"maximum of 2x2", "MaxPool", 2, 2},
          {"average of 2x2", "AveragePool", 2, 2}, {"every 4th element", "MaxPool", 1, 4},
          {"maximum of 4x4", "MaxPool", 4, 4},     {"average of 4x4", "AveragePool", 4, 4},
          {"global maximum", "GlobalMaxPool"},     {"global average", "GlobalAveragePool"}};
}

std::vector<double> change_by_shift(const Pooling& pooling, int64_t most) {
  constexpr unsigned pictures = 5;
  const Model net = network(pooling);
  std::vector<double> changes(static_cast<size_t>(most) + 1);
  for (unsigned seed = 1; seed <= pictures; ++seed) {
    const Tensor still = run_model(net, {picture(seed, 0)}).at(0);
    for (int64_t shift = 0; shift <= most; ++shift)
      changes[static_cast<size_t>(shift)] +=
          relative_difference(still, run_model(net, {picture(seed, shift)}).at(0)) / pictures;
  }
  return changes;
}

}  // namespace cnn::test
