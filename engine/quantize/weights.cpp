// SPDX-License-Identifier: MIT
#include "engine/quantize/weights.h"

#include <algorithm>
#include <cmath>

namespace cnn {
namespace {

constexpr float most = 127;
constexpr float most_bias = 1 << 30;

}  // namespace

QuantisedWeights quantise_weights(const Tensor& weights, size_t axis, const std::vector<float>& least_scales) {
  const Shape& shape = weights.desc.shape;
  const int64_t channels = shape[axis];
  const int64_t inner = element_count(Shape(shape.begin() + static_cast<ptrdiff_t>(axis) + 1, shape.end()));
  const auto numbers = weights.values<float>();
  const auto channel_of = [&](size_t i) { return static_cast<size_t>(static_cast<int64_t>(i) / inner % channels); };
  QuantisedWeights made;
  made.scales.assign(static_cast<size_t>(channels), 0.0f);
  for (size_t i = 0; i < numbers.size(); ++i) {
    float& scale = made.scales[channel_of(i)];
    scale = std::max(scale, std::abs(numbers[i]) / most);
  }
  constexpr float smallest = 1e-10f;
  for (size_t c = 0; c < made.scales.size(); ++c)
    made.scales[c] = std::max({made.scales[c], smallest, c < least_scales.size() ? least_scales[c] : 0.0f});
  NewTensor integers = make_tensor({DataType::Int8, shape});
  for (size_t i = 0; i < numbers.size(); ++i) {
    const float q = std::nearbyint(numbers[i] / made.scales[channel_of(i)]);
    integers.bytes[i] = static_cast<std::byte>(static_cast<int8_t>(std::clamp(q, -most, most)));
  }
  made.integers = integers.tensor;
  return made;
}

std::vector<float> least_scales(const Tensor& bias, float input_scale) {
  std::vector<float> least;
  for (float b : bias.values<float>()) least.push_back(std::abs(b) / (most_bias * 0.99f * input_scale));
  return least;
}

Tensor quantise_bias(const Tensor& bias, float input_scale, const std::vector<float>& scales) {
  const auto numbers = bias.values<float>();
  std::vector<int32_t> integers(numbers.size());
  for (size_t m = 0; m < numbers.size(); ++m) {
    const double unit = static_cast<double>(input_scale) * scales[m];
    integers[m] = static_cast<int32_t>(std::nearbyint(std::clamp<double>(numbers[m] / unit, -most_bias, most_bias)));
  }
  return tensor_of<int32_t>({static_cast<int64_t>(integers.size())}, std::span<const int32_t>(integers));
}

}  // namespace cnn
