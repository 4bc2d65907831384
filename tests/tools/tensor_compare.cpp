// SPDX-License-Identifier: MIT
#include "tools/tensor_compare.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

using tools::Comparison;
using tools::Tolerance;

Comparison compare(const Tensor& actual, const Tensor& expected, const Tolerance& tolerance = {}) {
  return tools::compare(actual.desc, actual.bytes.get(), expected, tolerance);
}

constexpr float infinity = std::numeric_limits<float>::infinity();

TEST(Compare, AllowsTheTolerance) {
  EXPECT_TRUE(compare(floats({1}, {100.09f}), floats({1}, {100})).agrees);
  EXPECT_FALSE(compare(floats({1}, {100.11f}), floats({1}, {100})).agrees);
  EXPECT_TRUE(compare(floats({1}, {9e-8f}), floats({1}, {0})).agrees);
  EXPECT_FALSE(compare(floats({1}, {2e-7f}), floats({1}, {0})).agrees);
}

TEST(Compare, AllowsTheRoundingOfTheLargestElement) {
  EXPECT_TRUE(compare(floats({2}, {2.9e-6f, 50}), floats({2}, {0, 50})).agrees);
  EXPECT_FALSE(compare(floats({2}, {3.1e-6f, 50}), floats({2}, {0, 50})).agrees);
  EXPECT_FALSE(compare(floats({2}, {1e-3f, infinity}), floats({2}, {0, infinity})).agrees);
}

TEST(Compare, ReportsTheWorstErrorsOverAllElements) {
  const Comparison result = compare(floats({3}, {1.5f, 12, 3}), floats({3}, {1, 10, 3}));
  EXPECT_DOUBLE_EQ(result.worst_absolute, 2);
  EXPECT_DOUBLE_EQ(result.worst_relative, 0.5);
}

TEST(Compare, TakesNanAndInfinityForThemselvesOnly) {
  EXPECT_TRUE(compare(floats({3}, {NAN, infinity, -infinity}), floats({3}, {NAN, infinity, -infinity})).agrees);
  EXPECT_FALSE(compare(floats({1}, {1}), floats({1}, {NAN})).agrees);
  EXPECT_FALSE(compare(floats({1}, {NAN}), floats({1}, {1})).agrees);
  EXPECT_FALSE(compare(floats({1}, {1e30f}), floats({1}, {infinity})).agrees);
  EXPECT_FALSE(compare(floats({1}, {-infinity}), floats({1}, {infinity})).agrees);
}

TEST(Compare, WantsIntegersEqualUnlessAllowed) {
  const Tensor seven = values_of<uint8_t>({1}, {7}), eight = values_of<uint8_t>({1}, {8});
  EXPECT_FALSE(compare(seven, eight).agrees);
  EXPECT_TRUE(compare(seven, eight, {0, 0, 1}).agrees);
  EXPECT_FALSE(compare(values_of<int32_t>({1}, {7}), values_of<int32_t>({1}, {8}), {0, 0, 1}).agrees);
  const int64_t large = int64_t{1} << 60;
  EXPECT_FALSE(compare(values_of<int64_t>({1}, {large}), values_of<int64_t>({1}, {large + 1})).agrees);
}

TEST(Compare, NamesAnotherTypeOrShape) {
  EXPECT_EQ(compare(floats({2}, {1, 2}), floats({1, 2}, {1, 2})).mismatch, "is float32 [2], expected float32 [1, 2]");
  EXPECT_EQ(compare(floats({1}, {1}), values_of<int64_t>({1}, {1})).mismatch, "is float32 [1], expected int64 [1]");
}

}  // namespace
}  // namespace cnn::test
