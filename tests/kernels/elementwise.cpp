// SPDX-License-Identifier: MIT
#include "engine/kernels/elementwise.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "hwy/highway.h"
#include "tests/reference/kernel_case.h"

namespace cnn {
namespace {

using reference::on_every_target;

constexpr float canary = 12345.0f;
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

std::vector<float> random_values(int64_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(-4, 4);
  std::vector<float> values(static_cast<size_t>(count));
  for (float& v : values) v = uniform(random);
  return values;
}

double expected(BinaryKind kind, double a, double b) {
  switch (kind) {
    case BinaryKind::Add:
      return a + b;
    case BinaryKind::Sub:
      return a - b;
    case BinaryKind::Mul:
      return a * b;
    case BinaryKind::Div:
      return a / b;
    case BinaryKind::Minimum:
      return std::min(a, b);
    case BinaryKind::Maximum:
      return std::max(a, b);
    case BinaryKind::Slope:
      return a < 0 ? a * b : a;
  }
  return 0;
}

/// `rows` runs of `n`, the second operand repeating as its strides say.
void check_binary(BinaryKind kind, int64_t n, int64_t a_stride, int64_t b_stride) {
  constexpr int64_t rows = 3;
  ElementwiseLoop loop;
  loop.rank = 2;
  loop.operands = 3;
  loop.extents = {rows, n};
  loop.strides[0] = {n + 2, 1};
  loop.strides[1] = {n * a_stride, a_stride};
  loop.strides[2] = {1, b_stride};
  const auto a = random_values(rows * n * 2, 1), b = random_values(rows + n * 2, 2);
  std::vector<float> out(static_cast<size_t>(rows * (n + 2)), canary);
  const int64_t middle = loop.total() / 2;
  binary_f32(kind, loop, 0, middle, out.data(), a.data(), b.data());
  binary_f32(kind, loop, middle, loop.total(), out.data(), a.data(), b.data());
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t i = 0; i < n; ++i) {
      const double want = expected(kind, a[row * n * a_stride + i * a_stride], b[row + i * b_stride]);
      ASSERT_NEAR(out[row * (n + 2) + i], want, 1e-5 * std::max(1.0, std::abs(want)))
          << "row " << row << ", element " << i;
    }
    ASSERT_EQ(out[row * (n + 2) + n], canary);
    ASSERT_EQ(out[row * (n + 2) + n + 1], canary);
  }
}

TEST(BinaryKernel, AgreesWithDoublePrecisionOnEveryTarget) {
  on_every_target([] {
    for (int kind = 0; kind <= static_cast<int>(BinaryKind::Slope); ++kind)
      for (int64_t n : {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 65})
        for (auto [a, b] : {std::pair{1, 1}, {1, 0}, {0, 1}, {0, 0}, {2, 1}, {1, 2}}) {
          SCOPED_TRACE(testing::Message() << "kind " << kind << ", strides " << a << " and " << b << ", size " << n);
          check_binary(static_cast<BinaryKind>(kind), n, a, b);
        }
  });
}

TEST(BinaryKernel, MinimumAndMaximumKeepNaN) {
  on_every_target([] {
    const std::vector<float> a = {nan, 1, nan, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, nan};
    std::vector<float> b(17, 6.5f), out(17);
    b[1] = b[15] = nan;
    for (BinaryKind kind : {BinaryKind::Minimum, BinaryKind::Maximum}) {
      binary_f32(kind, ElementwiseLoop::flat(17, 3), 0, 17, out.data(), a.data(), b.data());
      for (int i : {0, 1, 2, 15, 16}) EXPECT_TRUE(std::isnan(out[i])) << i;
      EXPECT_EQ(out[3], kind == BinaryKind::Minimum ? 2.0f : 6.5f);
    }
  });
}

TEST(MultiplyAddKernel, TakesFactorsPerChannelAndPerRow) {
  on_every_target([] {
    for (int64_t n : {1, 3, 8, 17, 40})
      for (int64_t stride : {0, 1}) {
        ElementwiseLoop loop;
        loop.rank = 2;
        loop.operands = 4;
        loop.extents = {2, n};
        loop.strides[0] = loop.strides[1] = {n, 1};
        loop.strides[2] = loop.strides[3] = {1 - stride, stride};
        const auto x = random_values(2 * n, 3), scale = random_values(n + 2, 4), shift = random_values(n + 2, 5);
        std::vector<float> out(static_cast<size_t>(2 * n + 1), canary);
        multiply_add_f32(loop, 0, 2 * n, out.data(), x.data(), scale.data(), shift.data());
        for (int64_t i = 0; i < 2 * n; ++i) {
          const int64_t at = stride ? i % n : i / n;
          ASSERT_NEAR(out[i], double{x[i]} * scale[at] + shift[at], 1e-5);
        }
        ASSERT_EQ(out[2 * n], canary);
      }
  });
}

TEST(UnaryKernel, ComputesInPlaceAndStopsAtTheEnd) {
  on_every_target([] {
    for (int64_t n : {1, 7, 16, 33}) {
      std::vector<float> values = random_values(n, 6), inputs = values;
      values.push_back(canary);
      activate_f32({ActivationKind::LeakyRelu, 0.25f, 0}, ElementwiseLoop::flat(n, 2), 0, n, values.data(),
                   values.data());
      for (int64_t i = 0; i < n; ++i) ASSERT_FLOAT_EQ(values[i], inputs[i] < 0 ? inputs[i] * 0.25f : inputs[i]);
      ASSERT_EQ(values[n], canary);
      exp_f32(ElementwiseLoop::flat(n, 2), 0, n, values.data(), inputs.data());
      for (int64_t i = 0; i < n; ++i) ASSERT_NEAR(values[i], std::exp(double{inputs[i]}), 1e-5);
    }
  });
}

TEST(ElementwiseLoop, MergesWhatEveryOperandWalksInOneStride) {
  const std::array<int64_t, 4> extents = {2, 1, 3, 4};
  const std::array<ElementwiseLoop::Strides, 2> strides = {{{12, 12, 4, 1}, {0, 0, 4, 1}}};
  const ElementwiseLoop loop = ElementwiseLoop::make(extents, strides);
  ASSERT_EQ(loop.rank, 2);
  EXPECT_EQ(loop.extents[0], 2);
  EXPECT_EQ(loop.extents[1], 12);
  EXPECT_EQ(loop.total(), 24);
}

}  // namespace
}  // namespace cnn
