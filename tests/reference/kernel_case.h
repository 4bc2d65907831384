// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace cnn::reference {

/// Deterministic values in [-1, 1].
inline std::vector<float> random_values(int64_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) value = uniform(engine);
  return values;
}

/// Calls body() once for every instruction set that this CPU has and the kernels were compiled for.
template <class Body>
void on_every_target(Body&& body) {
  for (int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    SCOPED_TRACE(hwy::TargetName(target));
    body();
    if (::testing::Test::HasFailure()) break;
  }
  hwy::SetSupportedTargetsForTest(0);
}

/// What float32 sums of `terms` products of values in [-1, 1] may be off by, relative to 1 + |sum|.
inline double tolerance(int64_t terms) { return 4e-6 + 1e-6 * std::sqrt(static_cast<double>(terms)); }

/// Rows of `columns` floats, `step` apart, between guard values that a kernel must leave alone.
class GuardedRows {
 public:
  GuardedRows(int64_t rows, int64_t columns, int64_t step)
      : rows_(rows),
        columns_(columns),
        step_(std::max<int64_t>(1, step)),
        values_(static_cast<size_t>(rows * step_ + 2 * margin), guard) {}

  float* data() { return values_.data() + margin; }
  float& at(int64_t row, int64_t column) { return values_[static_cast<size_t>(margin + row * step_ + column)]; }

  /// Every element within `tolerance` of `expected` [rows, columns], and every guard untouched.
  void expect(const std::vector<double>& expected, double tolerance) {
    ASSERT_EQ(expected.size(), static_cast<size_t>(rows_ * columns_));
    for (int64_t i = -margin; i < rows_ * step_ + margin; ++i) {
      const int64_t row = i < 0 ? 0 : i / step_, column = i < 0 ? i : i % step_;
      const double actual = values_[static_cast<size_t>(i + margin)];
      if (column >= 0 && column < columns_ && row < rows_) {
        const double wanted = expected[static_cast<size_t>(row * columns_ + column)];
        ASSERT_LE(std::abs(actual - wanted), tolerance * (1 + std::abs(wanted)))
            << "row " << row << " column " << column << " is " << actual << " instead of " << wanted;
      } else {
        ASSERT_EQ(actual, guard) << "guard at row " << row << " column " << column << " was overwritten";
      }
    }
  }

 private:
  static constexpr int64_t margin = 80;
  static constexpr float guard = -12345.5f;
  int64_t rows_, columns_, step_;
  std::vector<float> values_;
};

}  // namespace cnn::reference
