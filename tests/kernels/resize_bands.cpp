// SPDX-License-Identifier: MIT
#include "engine/kernels/resize_bands.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "engine/kernels/resize.h"
#include "tests/reference/kernel_case.h"
#include "tests/reference/resize.h"

namespace cnn {
namespace {

using reference::on_every_target;

struct Axis {
  int source;
  double begin, extent;
  int count;
};
const Axis axes[] = {{2, 0, 2, 1},         {16, 0, 16, 1},       {7, 0, 7, 5},          {13, 0, 13, 5},
                     {225, 0, 225, 224},   {256, 16, 224, 128},  {1080, 0, 1080, 224},  {1920, 420, 1080, 224},
                     {540, 0, 540, 224},   {33, 7.25, 11.5, 9},  {100, 90.5, 9.5, 3},   {2160, 0, 2160, 224},
                     {3584, 0, 3584, 224}, {1500, 0, 1500, 200}, {1080, 67.5, 945, 224}};

/// What all bands add to result `i` for each sample of the axis.
std::vector<double> weights_of(const std::vector<ResizeBand>& bands, int source, size_t i) {
  std::vector<double> weights(static_cast<size_t>(source));
  auto add = [&](const ResizeBand& band, const BandWeights& w) {
    for (int k = 0; k < band.count; ++k)
      weights[static_cast<size_t>(band.first + k)] += std::ldexp(w.sum + k * w.ramp, -w.shift);
  };
  add(bands[i], bands[i].rising);
  add(bands[i + 1], bands[i + 1].falling);
  return weights;
}

TEST(ResizeBands, FollowTheReference) {
  for (const Axis& a : axes) {
    const auto bands = make_resize_bands(a.source, a.begin, a.extent, a.count);
    ASSERT_EQ(bands.size(), static_cast<size_t>(a.count) + 1) << a.source << " -> " << a.count;
    for (int i = 0; i < a.count; ++i) {
      const auto expected = reference::resize_weights(a.source, a.begin, a.extent, a.count, i);
      const auto weights = weights_of(bands, a.source, static_cast<size_t>(i));
      for (size_t s = 0; s < weights.size(); ++s)
        ASSERT_NEAR(weights[s], expected[s], 2e-4) << a.source << " -> " << a.count << ": " << i << ", " << s;
    }
  }
}

TEST(ResizeBands, ExistOnlyWhereTheAxisShrinksByUpToSixteen) {
  EXPECT_TRUE(make_resize_bands(224, 0, 224, 224).empty());
  EXPECT_TRUE(make_resize_bands(100, 0, 100, 224).empty());
  EXPECT_TRUE(make_resize_bands(161, 0, 161, 10).empty());
  EXPECT_EQ(make_resize_bands(160, 0, 160, 10).size(), 11u);
}

/// Rows of bytes [source, width], `stride` apart, resized to [count, width] in 1 / resize_row_scale.
std::vector<int16_t> resize(const std::vector<uint8_t>& rows, size_t stride, size_t width, const Axis& a) {
  const auto bands = make_resize_bands(a.source, a.begin, a.extent, a.count);
  const std::vector<int32_t> unset(width + resize_carry_margin, 12345);
  std::vector<int32_t> carries[2] = {unset, unset};
  std::vector<int16_t> out(static_cast<size_t>(a.count) * width), before(width + 1, -7);
  for (size_t b = 0; b < bands.size(); ++b) {
    resize_band(rows.data() + static_cast<size_t>(bands[b].first) * stride, static_cast<ptrdiff_t>(stride), bands[b],
                carries[b % 2], carries[1 - b % 2], {before.data(), width});
    EXPECT_EQ(before[width], -7) << "written behind the row of " << width;
    if (b > 0) std::copy_n(before.begin(), width, out.begin() + static_cast<ptrdiff_t>((b - 1) * width));
  }
  return out;
}

TEST(ResizeBand, WeighsRowsOfEveryWidth) {
  on_every_target([] {
    std::mt19937 random(3);
    for (const Axis& a : {Axis{13, 0, 13, 5}, {48, 0, 48, 3}, {29, 3.5, 20, 18}})
      for (size_t width : {1u, 3u, 7u, 8u, 15u, 16u, 17u, 31u, 33u, 63u, 64u, 65u, 127u, 128u, 129u, 200u}) {
        const size_t stride = width + 3;
        std::vector<uint8_t> rows(static_cast<size_t>(a.source - 1) * stride + width);
        for (uint8_t& byte : rows) byte = static_cast<uint8_t>(random());
        const auto bands = make_resize_bands(a.source, a.begin, a.extent, a.count);
        const auto out = resize(rows, stride, width, a);
        for (size_t i = 0; i < static_cast<size_t>(a.count); ++i) {
          const auto weights = weights_of(bands, a.source, i);
          for (size_t x = 0; x < width; ++x) {
            double sum = 0;
            for (size_t s = 0; s < weights.size(); ++s) sum += weights[s] * rows[s * stride + x];
            ASSERT_EQ(out[i * width + x], std::floor(sum * resize_row_scale + 0.5))
                << "row " << i << " of " << a.count << ", byte " << x << " of " << width;
          }
        }
      }
  });
}

TEST(ResizeBand, KeepsFlatAreas) {
  for (int source = 2; source < 1200; source += source < 130 ? 1 : 37)
    for (int count : {1, 3, 7, 64, 75, 224}) {
      if (source <= count || source > 16 * count) continue;
      for (uint8_t value : {uint8_t{255}, uint8_t{254}, uint8_t{77}, uint8_t{1}, uint8_t{0}})
        for (int16_t result :
             resize(std::vector<uint8_t>(static_cast<size_t>(source), value), 1, 1, {source, 0, double(source), count}))
          ASSERT_EQ(result, value * resize_row_scale) << source << " -> " << count;
    }
}

}  // namespace
}  // namespace cnn
