// SPDX-License-Identifier: MIT
#include "engine/quantize/weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/run_op.h"

namespace cnn {
namespace {

using testing::ElementsAre;

TEST(QuantisedWeights, HaveAScaleForEachChannelOfTheAxis) {
  const Tensor weights = test::floats({2, 3}, {1, -127, 2,  //
                                               0.5f, 0.25f, 254});
  const QuantisedWeights rows = quantise_weights(weights, 0, {});
  EXPECT_THAT(rows.scales, ElementsAre(1, 2));
  EXPECT_THAT(rows.integers.values<int8_t>(), ElementsAre(1, -127, 2, 0, 0, 127));
  const QuantisedWeights columns = quantise_weights(weights, 1, {});
  EXPECT_THAT(columns.scales, ElementsAre(1 / 127.0f, 1, 2));
  EXPECT_THAT(columns.integers.values<int8_t>(), ElementsAre(127, -127, 1, 64, 0, 127));
}

TEST(QuantisedWeights, AreWithinHalfAStep) {
  const Tensor weights = test::random_floats({8, 4, 3, 3}, 5);
  const QuantisedWeights made = quantise_weights(weights, 0, {});
  for (size_t i = 0; i < 8 * 36; ++i) {
    const float scale = made.scales[i / 36];
    EXPECT_LE(std::abs(static_cast<float>(made.integers.values<int8_t>()[i]) * scale - weights.values<float>()[i]),
              0.501f * scale);
  }
}

TEST(QuantisedWeights, OfADeadChannelLeaveRoomForItsBias) {
  const Tensor weights = test::floats({2, 1}, {0, 1e-12f}), bias = test::floats({2}, {3, -40});
  const float input_scale = 0.01f;
  const QuantisedWeights made = quantise_weights(weights, 0, least_scales(bias, input_scale));
  const Tensor integers = quantise_bias(bias, input_scale, made.scales);
  for (size_t m = 0; m < 2; ++m) {
    const int32_t q = integers.values<int32_t>()[m];
    EXPECT_LT(std::abs(static_cast<double>(q)), 1 << 30);
    EXPECT_NEAR(static_cast<double>(q) * input_scale * made.scales[m], bias.values<float>()[m], 1e-4);
  }
}

}  // namespace
}  // namespace cnn
