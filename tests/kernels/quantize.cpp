// SPDX-License-Identifier: MIT
#include "engine/kernels/quantize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace cnn {
namespace {

template <class T>
T reference(float x, float scale, T zero) {
  const double rounded = std::nearbyint(static_cast<double>(x / scale)) + zero;
  return static_cast<T>(std::clamp<double>(rounded, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
}

template <class T>
void check_all_sizes(float spread) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> values(-spread, spread), steps(0.25f, 2);
  constexpr T canary = 77;
  for (size_t size = 0; size < 70; ++size) {
    std::vector<float> x(size), scales(size), back(size);
    std::vector<T> zeros(size), q(size + 8, canary);
    for (size_t i = 0; i < size; ++i) {
      x[i] = i % 3 ? values(random) : std::floor(values(random)) + 0.5f;
      scales[i] = steps(random);
      zeros[i] = static_cast<T>(random());
    }
    const T zero = static_cast<T>(random());
    quantize_row<T, float>(x, 1, zero, std::span(q).first(size));
    for (size_t i = 0; i < size; ++i) ASSERT_EQ(q[i], reference<T>(x[i], 1, zero)) << x[i] << " of " << size;
    quantize_columns<T, float>(x, scales, std::span<const T>(zeros), std::span(q).first(size));
    for (size_t i = 0; i < size; ++i) ASSERT_EQ(q[i], reference<T>(x[i], scales[i], zeros[i])) << x[i] << " of " << size;
    for (size_t i = size; i < q.size(); ++i) ASSERT_EQ(q[i], canary) << "past " << size;
    dequantize_columns<T>(std::span<const T>(q).first(size), scales, zeros, back);
    for (size_t i = 0; i < size; ++i)
      ASSERT_FLOAT_EQ(back[i], (static_cast<float>(q[i]) - static_cast<float>(zeros[i])) * scales[i]);
  }
}

TEST(Quantize, EqualsTheReferenceAtEverySize) {
  check_all_sizes<int8_t>(200);
  check_all_sizes<uint8_t>(400);
  check_all_sizes<int16_t>(50000);
  check_all_sizes<uint16_t>(100000);
}

TEST(Quantize, TakesIntegers) {
  const std::vector<int32_t> x = {5, -7, 100000};
  std::vector<int8_t> q(3);
  quantize_row<int8_t, int32_t>(x, 2, 0, q);
  EXPECT_EQ(q, (std::vector<int8_t>{2, -4, 127}));
}

TEST(RangeWithZero, IncludesZero) {
  const std::vector<float> positive = {3, 5, 4}, mixed = {-2, 1};
  EXPECT_EQ(range_with_zero(positive).low, 0);
  EXPECT_EQ(range_with_zero(positive).high, 5);
  EXPECT_EQ(range_with_zero(mixed).low, -2);
  EXPECT_EQ(range_with_zero(mixed).high, 1);
}

}  // namespace
}  // namespace cnn
