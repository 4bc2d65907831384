// SPDX-License-Identifier: MIT
#include "engine/kernels/norm_rows.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "hwy/highway.h"

namespace cnn {
namespace {

struct Case {
  int64_t rows, columns;
  bool centred, scaled, shifted;
  float mean = 0;
};

void check(const Case& t) {
  std::mt19937 random(5);
  std::normal_distribution<float> normal(t.mean, 2);
  const int64_t x_step = t.columns + 3, y_step = t.columns + 1;
  std::vector<float> x(static_cast<size_t>(t.rows * x_step)), y(static_cast<size_t>(t.rows * y_step), 7.0f);
  std::vector<float> scale(static_cast<size_t>(t.columns)), bias(scale.size());
  std::vector<float> means(static_cast<size_t>(t.rows)), factors(means.size());
  for (std::vector<float>* list : {&x, &scale, &bias})
    for (float& v : *list) v = normal(random);
  NormRows a{t.columns, x.data(), x_step, y.data(), y_step};
  if (t.scaled) a.scale = scale.data();
  if (t.shifted) a.bias = bias.data();
  a.epsilon = 1e-3f;
  a.centred = t.centred;
  a.means = means.data();
  a.factors = factors.data();
  normalise_rows(a, 0, t.rows / 2);
  normalise_rows(a, t.rows / 2, t.rows);
  for (int64_t row = 0; row < t.rows; ++row) {
    double mean = 0, squares = 0;
    const float* from = x.data() + row * x_step;
    for (int64_t c = 0; t.centred && c < t.columns; ++c) mean += from[c] / static_cast<double>(t.columns);
    for (int64_t c = 0; c < t.columns; ++c) squares += (from[c] - mean) * (from[c] - mean) / static_cast<double>(t.columns);
    const double factor = 1 / std::sqrt(squares + 1e-3);
    ASSERT_NEAR(means[row], mean, 1e-6 * (1 + std::abs(mean)));
    ASSERT_NEAR(factors[row], factor, 1e-5 * factor);
    for (int64_t c = 0; c < t.columns; ++c) {
      const double want = (from[c] - mean) * factor * (t.scaled ? scale[c] : 1) + (t.shifted ? bias[c] : 0);
      // Two floats near the mean differ by less than they are rounded.
      const double rounding = 1e-7 * (std::abs(mean) + std::abs(from[c])) * factor * (t.scaled ? std::abs(scale[c]) : 1);
      ASSERT_NEAR(y[row * y_step + c], want, 2e-6 * (1 + std::abs(want)) + rounding)
          << "row " << row << ", column " << c << " of " << t.columns;
    }
    ASSERT_EQ(y[row * y_step + t.columns], 7.0f) << "behind row " << row;
  }
}

TEST(NormRows, AgreesWithDoublePrecisionOnEveryTarget) {
  for (int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    SCOPED_TRACE(hwy::TargetName(target));
    for (int64_t columns : {1, 2, 7, 8, 9, 16, 31, 32, 33, 63, 65, 96, 100, 768})
      for (bool centred : {false, true})
        for (int64_t operands = 0; operands < 4; ++operands) check({5, columns, centred, operands % 2 > 0, operands > 1});
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST(NormRows, KeepsTheVarianceOfNumbersFarFromZero) {
  check({3, 768, true, true, true, 3000.0f});
  check({3, 50, true, false, false, -20000.0f});
}

TEST(NormRows, GivesTheBiasForARowOfOneValue) {
  const std::vector<float> x(37, 0.1f), bias(37, 2.0f);
  std::vector<float> y(37);
  NormRows a{37, x.data(), 37, y.data(), 37};
  a.bias = bias.data();
  a.epsilon = 1e-5f;
  normalise_rows(a, 0, 1);
  for (float v : y) EXPECT_NEAR(v, 2.0f, 1e-5f);
}

}  // namespace
}  // namespace cnn
