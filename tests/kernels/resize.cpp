// SPDX-License-Identifier: MIT
#include "engine/kernels/resize.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

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
const Axis axes[] = {{1, 0, 1, 1},           {1, 0, 1, 7},       {7, 0, 7, 1},        {8, 0, 8, 8},
                     {5, 0, 5, 13},          {13, 0, 13, 5},     {256, 16, 224, 224}, {256, 16, 224, 128},
                     {1920, 420, 1080, 224}, {4097, 0, 4097, 3}, {33, 7.25, 11.5, 9}, {540, 0, 540, 224}};

TEST(ResizeFilter, WeightsOfEveryResultSumToOne) {
  for (const Axis& a : axes) {
    const ResizeFilter f = make_resize_filter(a.source, a.begin, a.extent, a.count, 8);
    ASSERT_EQ(f.taps % 8, 0);
    for (int i = 0; i < f.count; ++i) {
      const int16_t* w = f.weights.data() + i * f.taps;
      EXPECT_EQ(std::accumulate(w, w + f.taps, 0), resize_one) << a.source << " -> " << a.count << " at " << i;
      EXPECT_GE(*std::min_element(w, w + f.taps), 0);
    }
  }
}

class ResizeFilterShape : public testing::TestWithParam<std::tuple<Interpolation, bool>> {};

TEST_P(ResizeFilterShape, FollowsTheReference) {
  const auto [interpolation, antialias] = GetParam();
  const reference::Resampling how{antialias, interpolation == Interpolation::Bicubic};
  for (const Axis& a : axes) {
    const ResizeFilter f = make_resize_filter(a.source, a.begin, a.extent, a.count, 2, antialias, interpolation);
    for (int i = 0; i < f.count; ++i) {
      const auto expected = reference::resize_weights(a.source, a.begin, a.extent, a.count, i, how);
      for (int s = 0; s < a.source; ++s) {
        const int k = s - f.first[static_cast<size_t>(i)];
        const double w =
            k >= 0 && k < f.used[static_cast<size_t>(i)] ? f.weights[static_cast<size_t>(i * f.taps + k)] : 0;
        ASSERT_NEAR(w / resize_one, expected[static_cast<size_t>(s)], 1.001 / resize_one)
            << a.source << " -> " << a.count << ": result " << i << ", sample " << s;
      }
    }
  }
}

TEST_P(ResizeFilterShape, KeepsSamplesWhenNothingChanges) {
  const auto [interpolation, antialias] = GetParam();
  const ResizeFilter f = make_resize_filter(256, 16, 224, 224, 8, antialias, interpolation);
  for (int i = 0; i < 224; ++i) {
    int found = -1;
    for (int k = 0; k < f.taps; ++k)
      if (f.weights[static_cast<size_t>(i * f.taps + k)] == resize_one) found = f.first[static_cast<size_t>(i)] + k;
    EXPECT_EQ(found, 16 + i);
  }
}

INSTANTIATE_TEST_SUITE_P(, ResizeFilterShape,
                         testing::Combine(testing::Values(Interpolation::Bilinear, Interpolation::Bicubic),
                                          testing::Bool()));

TEST(ResizeRows, CutsWhatNegativeWeightsOvershoot) {
  on_every_target([] {
    const std::vector<uint8_t> dark(37, 0), light(37, 255);
    const uint8_t* const up[] = {light.data(), dark.data()};
    const int16_t weights[] = {resize_one * 5 / 4, -resize_one / 4};
    const uint8_t* const down[] = {dark.data(), light.data()};
    std::vector<int16_t> out(37);
    resize_rows(up, weights, out);
    EXPECT_EQ(out, std::vector<int16_t>(37, 255 * resize_row_scale));
    resize_rows(down, weights, out);
    EXPECT_EQ(out, std::vector<int16_t>(37, 0));
  });
}

TEST(ResizeRows, WeighsRowsExactly) {
  on_every_target([] {
    std::mt19937 random(3);
    for (size_t width : {1u, 3u, 15u, 16u, 17u, 31u, 32u, 33u, 63u, 65u, 127u, 1921u})
      for (size_t taps : {2u, 4u, 10u}) {
        std::vector<std::vector<uint8_t>> rows(taps, std::vector<uint8_t>(width));
        std::vector<const uint8_t*> addresses;
        for (auto& row : rows) {
          for (uint8_t& byte : row) byte = static_cast<uint8_t>(random());
          row[0] = 255;
          addresses.push_back(row.data());
        }
        std::vector<int16_t> weights(taps, static_cast<int16_t>(resize_one / taps));
        weights[0] = static_cast<int16_t>(weights[0] + resize_one - std::accumulate(weights.begin(), weights.end(), 0));
        std::vector<int16_t> out(width + 1, -7);
        resize_rows(addresses, weights, {out.data(), width});
        for (size_t i = 0; i < width; ++i) {
          int64_t sum = 0;
          for (size_t k = 0; k < taps; ++k) sum += weights[k] * rows[k][i];
          ASSERT_EQ(out[i], (sum + 128) >> 8) << "byte " << i << " of " << width << ", taps " << taps;
        }
        ASSERT_EQ(out[width], -7) << "written behind the row of " << width;
      }
  });
}

}  // namespace
}  // namespace cnn
