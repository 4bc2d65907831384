// SPDX-License-Identifier: MIT
#include "engine/kernels/reduce.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace cnn {
namespace {

std::vector<float> random_values(size_t count) {
  std::mt19937 random(2);
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<float> values(count);
  for (float& value : values) value = uniform(random);
  return values;
}

TEST(Reduce, AveragesPixelsPerChannelAtEveryWidth) {
  Workers workers(2);
  constexpr int64_t pixels = 49;
  for (int64_t channels : {1, 2, 3, 7, 8, 9, 31, 33, 127, 128, 129, 257, 1280}) {
    const std::vector<float> x = random_values(static_cast<size_t>(pixels * channels));
    std::vector<float> y(static_cast<size_t>(channels) + 8, 99);
    reduce<float>(ReduceKind::Mean, std::vector<ReduceAxis>{{7, true}, {7, true}, {channels, false}}, x.data(), y.data(),
                  workers);
    for (int64_t c = 0; c < channels; ++c) {
      double sum = 0;
      for (int64_t p = 0; p < pixels; ++p) sum += x[static_cast<size_t>(p * channels + c)];
      ASSERT_NEAR(y[static_cast<size_t>(c)], sum / pixels, 1e-6) << "channel " << c << " of " << channels;
    }
    for (size_t i = static_cast<size_t>(channels); i < y.size(); ++i) ASSERT_EQ(y[i], 99) << "past " << channels;
  }
}

TEST(Reduce, SumsRowsOfEveryLength) {
  Workers workers(1);
  for (int64_t length = 1; length < 40; ++length) {
    const std::vector<float> x = random_values(static_cast<size_t>(3 * length));
    std::vector<float> y(3);
    reduce<float>(ReduceKind::L2, std::vector<ReduceAxis>{{3, false}, {length, true}}, x.data(), y.data(), workers);
    for (int64_t r = 0; r < 3; ++r) {
      double sum = 0;
      for (int64_t k = 0; k < length; ++k) sum += std::pow(static_cast<double>(x[static_cast<size_t>(r * length + k)]), 2);
      ASSERT_NEAR(y[static_cast<size_t>(r)], std::sqrt(sum), 1e-6) << "row " << r << " of length " << length;
    }
  }
}

TEST(Reduce, AlternatesKeptAndReducedAxes) {
  Workers workers(1);
  const std::vector<int32_t> x = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  std::vector<int32_t> y(4);
  reduce<int32_t>(ReduceKind::Sum, std::vector<ReduceAxis>{{2, true}, {2, false}, {2, true}, {2, false}}, x.data(),
                  y.data(), workers);
  EXPECT_EQ(y, (std::vector<int32_t>{0 + 2 + 8 + 10, 1 + 3 + 9 + 11, 4 + 6 + 12 + 14, 5 + 7 + 13 + 15}));
  reduce<int32_t>(ReduceKind::Sum, std::vector<ReduceAxis>{{2, false}, {2, true}, {2, false}, {2, true}}, x.data(),
                  y.data(), workers);
  EXPECT_EQ(y, (std::vector<int32_t>{0 + 1 + 4 + 5, 2 + 3 + 6 + 7, 8 + 9 + 12 + 13, 10 + 11 + 14 + 15}));
}

TEST(Reduce, NotANumberWinsOverExtremes) {
  Workers workers(1);
  const std::vector<float> x = {1, NAN, 3};
  float y = 0;
  reduce<float>(ReduceKind::Max, std::vector<ReduceAxis>{{3, true}}, x.data(), &y, workers);
  EXPECT_TRUE(std::isnan(y));
  reduce<float>(ReduceKind::Min, std::vector<ReduceAxis>{{3, true}}, x.data(), &y, workers);
  EXPECT_TRUE(std::isnan(y));
}

}  // namespace
}  // namespace cnn
