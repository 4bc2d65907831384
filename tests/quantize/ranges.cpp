// SPDX-License-Identifier: MIT
#include "engine/quantize/ranges.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace cnn {
namespace {

std::vector<float> normal(size_t count, float deviation, bool positive = false) {
  std::mt19937 random(3);
  std::normal_distribution<float> distribution(0, deviation);
  std::vector<float> numbers(count);
  for (float& x : numbers) x = positive ? std::max(0.0f, distribution(random)) : distribution(random);
  return numbers;
}

Histogram histogram_of(const std::vector<float>& numbers) {
  Histogram histogram;
  histogram.add(numbers);
  return histogram;
}

/// By definition, number by number.
double error_of(const std::vector<float>& numbers, const QuantisationRange& range) {
  const ByteScale scale = scale_of(range);
  double sum = 0;
  for (float x : numbers) {
    const float q = std::clamp(std::nearbyint(x / scale.scale) + scale.zero, 0.0f, 255.0f);
    sum += std::pow((q - scale.zero) * scale.scale - x, 2);
  }
  return sum / static_cast<double>(numbers.size());
}

TEST(Histogram, KeepsCountsWhileItsBinsWiden) {
  Histogram histogram;
  histogram.add(std::vector<float>{0.001f, -0.001f, 0, NAN, INFINITY});
  histogram.add(std::vector<float>{5, -700});
  EXPECT_EQ(histogram.count(), 5u);
  EXPECT_EQ(histogram.least(), -700);
  EXPECT_EQ(histogram.most(), 5);
  uint64_t negative = 0, positive = 0;
  for (const Histogram::Bin& bin : histogram.filled()) (bin.high <= 0 ? negative : positive) += bin.count;
  EXPECT_EQ(negative, 2u);
  EXPECT_EQ(positive, 2u);
  EXPECT_LE(histogram.filled().front().low, -700);
  EXPECT_GT(histogram.filled().front().high, -701);
}

TEST(Histogram, OfPartsIsThatOfTheWhole) {
  Histogram parts, whole;
  for (float deviation : {0.01f, 3.0f, 0.5f}) {
    const auto numbers = normal(1000, deviation);
    parts.add(histogram_of(numbers));
    whole.add(numbers);
  }
  EXPECT_EQ(parts.count(), whole.count());
  EXPECT_EQ(parts.most(), whole.most());
  const double a = mean_squared_error(parts, {-1, 1}), b = mean_squared_error(whole, {-1, 1});
  EXPECT_NEAR(a, b, 0.01 * b);
}

TEST(Ranges, OfPercentilesLeaveOutOneInTenThousand) {
  // Uniform in 0 .. 1, and one in a hundred thousand far away.
  std::mt19937 random(1);
  std::uniform_real_distribution<float> uniform(0, 1);
  std::vector<float> numbers(100000);
  for (float& x : numbers) x = uniform(random);
  numbers[7] = 100;
  const QuantisationRange range = choose_range(histogram_of(numbers), RangeMethod::Percentile);
  EXPECT_EQ(range.low, 0);
  EXPECT_GT(range.high, 0.99f);
  EXPECT_LT(range.high, 1.1f) << "the outlier counts";
}

TEST(Ranges, OfPercentilesOfANormalDistributionAreNearFourDeviations) {
  const QuantisationRange range = choose_range(histogram_of(normal(400000, 2)), RangeMethod::Percentile);
  EXPECT_NEAR(range.high, 2 * 3.89, 0.5);  // the quantile 0.99995 of a normal distribution is 3.89 deviations
  EXPECT_NEAR(range.low, -2 * 3.89, 0.5);
}

TEST(Ranges, OfLeastErrorAreBetterThanTheWholeRangeAndThanNarrowerOnes) {
  for (bool positive : {false, true}) {
    auto numbers = normal(1000000, 1, positive);
    numbers[0] = 20;
    const Histogram histogram = histogram_of(numbers);
    const QuantisationRange best = choose_range(histogram, RangeMethod::Mse);
    const double error = error_of(numbers, best);
    EXPECT_LT(error, 0.75 * error_of(numbers, {histogram.least(), histogram.most()}));
    EXPECT_LT(error, error_of(numbers, {0.8f * best.low, 0.8f * best.high}));
    EXPECT_LE(error, 1.05 * error_of(numbers, {best.low, 1.2f * best.high}));
    EXPECT_TRUE(!positive || best.low == 0) << best.low;
  }
}

TEST(Ranges, PredictTheErrorOfQuantisation) {
  const auto numbers = normal(100000, 1);
  const Histogram histogram = histogram_of(numbers);
  for (float high : {2.0f, 3.0f, 5.0f, 20.0f}) {
    const double exact = error_of(numbers, {-high, high});
    EXPECT_NEAR(mean_squared_error(histogram, {-high, high}), exact, 0.06 * exact) << high;
  }
}

TEST(Ranges, AreNeverEmptyAndHaveZero) {
  for (RangeMethod method : {RangeMethod::Mse, RangeMethod::Percentile}) {
    for (const auto& numbers : {std::vector<float>{}, {0, 0, 0}, {3, 3, 3}, {-2, -2}, {1e-30f}}) {
      const QuantisationRange range = choose_range(histogram_of(numbers), method);
      EXPECT_LE(range.low, 0);
      EXPECT_GE(range.high, 0);
      EXPECT_LT(range.low, range.high);
      const ByteScale scale = scale_of(range);
      EXPECT_TRUE(std::isnormal(scale.scale));
    }
    EXPECT_EQ(scale_of(choose_range(histogram_of({4, 1, 2}), method)).zero, 0);
    EXPECT_EQ(scale_of(choose_range(histogram_of({-4, -1, -2}), method)).zero, 255);
  }
}

}  // namespace
}  // namespace cnn
