// SPDX-License-Identifier: MIT
#include "engine/vision/results.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace cnn {

void softmax(std::span<float> scores) {
  float highest = -std::numeric_limits<float>::infinity();
  for (float score : scores)
    if (score > highest) highest = score;
  double sum = 0;
  for (float& score : scores) {
    // Two infinities would subtract to NaN; an infinite score takes everything.
    const float e = std::isnan(score) ? 0.0f : score == highest ? 1.0f : std::exp(score - highest);
    score = e;
    sum += e;
  }
  if (sum <= 0) return;
  for (float& score : scores) score = static_cast<float>(score / sum);
}

void top_k(std::span<const float> scores, int k, float threshold, std::vector<int>& indices) {
  indices.clear();
  for (size_t i = 0; i < scores.size(); ++i)
    if (scores[i] >= threshold) indices.push_back(static_cast<int>(i));
  auto higher = [&](int a, int b) {
    const float x = scores[static_cast<size_t>(a)], y = scores[static_cast<size_t>(b)];
    return x != y ? x > y : a < b;
  };
  const size_t kept = std::min(indices.size(), static_cast<size_t>(std::max(k, 0)));
  std::partial_sort(indices.begin(), indices.begin() + static_cast<std::ptrdiff_t>(kept), indices.end(), higher);
  indices.resize(kept);
}

void normalise_l2(std::span<float> values) {
  double sum = 0;
  for (float value : values) sum += double{value} * value;
  if (!(sum > 0) || !std::isfinite(sum)) return;
  const double factor = 1 / std::sqrt(sum);
  for (float& value : values) value = static_cast<float>(value * factor);
}

}  // namespace cnn
