// SPDX-License-Identifier: MIT
#include "engine/kernels/softmax.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "hwy/highway.h"

namespace cnn {
namespace {

void check(SoftmaxKind kind, int64_t outer, int64_t extent, int64_t inner) {
  std::mt19937 random(11);
  std::uniform_real_distribution<float> uniform(-90, 90);
  std::vector<float> x(static_cast<size_t>(outer * extent * inner)), y(x.size() + 1, 7.0f);
  for (float& v : x) v = uniform(random);
  const int64_t lines = outer * inner, middle = lines / 2;
  softmax_f32(kind, x.data(), y.data(), extent, inner, 0, middle);
  softmax_f32(kind, x.data(), y.data(), extent, inner, middle, lines);
  ASSERT_EQ(y.back(), 7.0f);
  for (int64_t line = 0; line < lines; ++line) {
    const int64_t start = line / inner * extent * inner + line % inner;
    double largest = x[start], sum = 0;
    for (int64_t i = 0; i < extent; ++i) largest = std::max(largest, double{x[start + i * inner]});
    for (int64_t i = 0; i < extent; ++i) sum += std::exp(x[start + i * inner] - largest);
    for (int64_t i = 0; i < extent; ++i) {
      const double logarithm = x[start + i * inner] - largest - std::log(sum);
      const double want = kind == SoftmaxKind::LogSoftmax ? logarithm : std::exp(logarithm);
      ASSERT_NEAR(y[start + i * inner], want, 2e-6 * std::max(1.0, std::abs(want)))
          << "element " << i << " of " << extent << ", line " << line << ", inner " << inner;
    }
  }
}

TEST(SoftmaxKernel, AgreesWithDoublePrecisionOnEveryTarget) {
  for (int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    SCOPED_TRACE(hwy::TargetName(target));
    for (SoftmaxKind kind : {SoftmaxKind::Softmax, SoftmaxKind::LogSoftmax})
      for (int64_t extent : {1, 2, 5, 8, 15, 16, 17, 33, 100})
        for (int64_t inner : {1, 2, 7, 16, 19}) check(kind, 3, extent, inner);
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST(SoftmaxKernel, DoesNotOverflow) {
  const float x[] = {1e30f, 1e30f, -1e30f};
  float y[3];
  softmax_f32(SoftmaxKind::Softmax, x, y, 3, 1, 0, 1);
  EXPECT_FLOAT_EQ(y[0], 0.5f);
  EXPECT_FLOAT_EQ(y[1], 0.5f);
  EXPECT_EQ(y[2], 0.0f);
}

TEST(Hardmax, MarksTheFirstMaximumOnly) {
  const float x[] = {1, 3, 3, 0};
  float y[4];
  softmax_f32(SoftmaxKind::Hardmax, x, y, 4, 1, 0, 1);
  EXPECT_EQ((std::vector<float>(y, y + 4)), (std::vector<float>{0, 1, 0, 0}));
}

}  // namespace
}  // namespace cnn
