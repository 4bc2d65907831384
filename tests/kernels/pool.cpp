// SPDX-License-Identifier: MIT
#include "engine/kernels/pool.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "hwy/highway.h"
#include "tests/reference/pool.h"

namespace cnn {
namespace {

using reference::PoolKind;
constexpr float canary = 12345.0f;

struct Case {
  std::array<PoolAxis, 3> axes;
  int64_t channels;
  bool count_include_pad;
};

/// Dense [n, z, y, x, c] with `gap` unused elements after the channels of each pixel.
std::array<int64_t, 5> strides(int64_t c, int64_t z, int64_t y, int64_t x, int64_t gap) {
  const int64_t pixel = c + gap;
  return {z * y * x * pixel, 1, y * x * pixel, x * pixel, pixel};
}

void check(const Case& test, PoolKind kind) {
  constexpr int64_t gap = 3, batch = 2;
  PoolGeometry g;
  g.batch = batch;
  g.channels = test.channels;
  g.axes = test.axes;
  g.count_include_pad = test.count_include_pad;
  g.in_strides = strides(g.channels, g.axes[0].in, g.axes[1].in, g.axes[2].in, gap);
  g.out_strides = strides(g.channels, g.axes[0].out, g.axes[1].out, g.axes[2].out, gap);
  std::mt19937 random(7);
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<float> x(static_cast<size_t>(batch * g.in_strides[0])),
      y(static_cast<size_t>(batch * g.out_strides[0]), canary);
  for (float& v : x) v = uniform(random);
  // Two calls meet in the middle of the channels, as threads do.
  const int64_t middle = g.channels / 2;
  for (auto [begin, end] : {std::pair{int64_t{0}, middle}, std::pair{middle, g.channels}})
    if (kind == PoolKind::Max)
      max_pool(g, x.data(), y.data(), 0, g.rows(), begin, end);
    else
      average_pool(g, x.data(), y.data(), 0, g.rows(), begin, end);
  for (int64_t i = 0; i < static_cast<int64_t>(y.size()); ++i) {
    const int64_t c = i % g.out_strides[4];
    if (c >= g.channels) {
      ASSERT_EQ(y[i], canary) << "element " << i << " lies outside the output";
      continue;
    }
    const int64_t n = i / g.out_strides[0], oz = i % g.out_strides[0] / g.out_strides[2],
                  oy = i % g.out_strides[2] / g.out_strides[3], ox = i % g.out_strides[3] / g.out_strides[4];
    ASSERT_NEAR(y[i], reference::pool(kind, g, x.data(), n, c, oz, oy, ox), 1e-6)
        << "channel " << c << " of " << g.channels << " at " << oz << ", " << oy << ", " << ox;
  }
}

// in, out, kernel, stride, dilation, pad_begin, pad_end
constexpr PoolAxis whole = {1, 1, 1, 1, 1, 0, 0};
const std::vector<std::array<PoolAxis, 3>> windows = {
    {{whole, {5, 3, 3, 2, 1, 1, 1}, {7, 3, 3, 2, 1, 0, 0}}},
    {{whole, {4, 4, 3, 1, 1, 1, 1}, {4, 4, 3, 1, 1, 1, 1}}},
    {{whole, {6, 3, 2, 2, 1, 0, 0}, {5, 3, 2, 2, 1, 0, 0}}},  // the last column hangs over the edge (ceil_mode)
    {{whole, {7, 3, 3, 2, 2, 1, 1}, {9, 9, 2, 1, 3, 1, 2}}},
    {{whole, {7, 1, 7, 1, 1, 0, 0}, {7, 1, 7, 1, 1, 0, 0}}},
    {{whole, {2, 4, 5, 1, 1, 4, 2}, {1, 3, 3, 1, 1, 2, 2}}},  // first window wholly in the padding
    {{{3, 2, 2, 1, 1, 0, 0}, {4, 2, 2, 2, 1, 0, 0}, {3, 3, 3, 1, 1, 1, 1}}},
    {{whole, whole, {11, 4, 4, 3, 1, 1, 2}}},
};

void sweep(PoolKind kind) {
  for (int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    for (const auto& axes : windows)
      for (int64_t channels : {1, 2, 3, 4, 7, 8, 15, 16, 17, 31, 33, 64, 65, 130})
        for (bool include : {false, true}) {
          SCOPED_TRACE(hwy::TargetName(target));
          check({axes, channels, include}, kind);
          if (testing::Test::HasFatalFailure()) return;
        }
  }
  hwy::SetSupportedTargetsForTest(0);
}

/// Bytes against max_pool_strided(), whose order of reading is another.
template <class T>
void check_bytes(const std::array<PoolAxis, 3>& axes, int64_t channels) {
  PoolGeometry g;
  g.batch = 2;
  g.channels = channels;
  g.axes = axes;
  g.in_strides = strides(channels, axes[0].in, axes[1].in, axes[2].in, 5);
  g.out_strides = strides(channels, axes[0].out, axes[1].out, axes[2].out, 5);
  std::mt19937 random(9);
  std::vector<T> x(static_cast<size_t>(2 * g.in_strides[0])), y(static_cast<size_t>(2 * g.out_strides[0]), T{77});
  for (T& v : x) v = static_cast<T>(random());
  std::vector<T> expected = y;
  max_pool_strided(g, x.data(), expected.data(), nullptr, g.out_strides, false, 0, g.rows());
  for (auto [begin, end] : {std::pair{int64_t{0}, channels / 2}, std::pair{channels / 2, channels}})
    max_pool(g, x.data(), y.data(), 0, g.rows(), begin, end);
  ASSERT_EQ(y, expected) << channels << " channels";
}

TEST(MaxPoolKernel, OfBytesAgreesWithTheSlowOneOnEveryTarget) {
  for (int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    SCOPED_TRACE(hwy::TargetName(target));
    for (const auto& axes : windows)
      for (int64_t channels : {1, 7, 8, 15, 16, 31, 32, 33, 64, 127, 130, 261}) {
        check_bytes<uint8_t>(axes, channels);
        check_bytes<int8_t>(axes, channels);
        if (testing::Test::HasFatalFailure()) return;
      }
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST(MaxPoolKernel, AgreesWithTheReferenceOnEveryTarget) { sweep(PoolKind::Max); }
TEST(AveragePoolKernel, AgreesWithTheReferenceOnEveryTarget) { sweep(PoolKind::Average); }

TEST(AveragePoolKernel, KeepsThePrecisionOfALargeImage) {
  PoolGeometry g;
  g.axes = {{whole, {500, 1, 500, 1, 1, 0, 0}, {500, 1, 500, 1, 1, 0, 0}}};
  g.in_strides = {250000, 1, 250000, 500, 1};
  g.out_strides = {1, 1, 1, 1, 1};
  const std::vector<float> x(250000, 0.1f);
  float y = 0;
  average_pool(g, x.data(), &y, 0, 1, 0, 1);
  EXPECT_NEAR(y, 0.1f, 1e-6f);
}

}  // namespace
}  // namespace cnn
