// SPDX-License-Identifier: MIT
#include "engine/vision/results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace cnn {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<int> best(std::vector<float> scores, int k, float threshold = 0) {
  std::vector<int> indices{99};
  top_k(scores, k, threshold, indices);
  return indices;
}

TEST(TopK, ComesInDescendingOrder) { EXPECT_THAT(best({0.1f, 0.5f, 0.3f, 0.4f}, 3), ElementsAre(1, 3, 2)); }
TEST(TopK, OrdersTiesByIndex) { EXPECT_THAT(best({0.2f, 0.4f, 0.2f, 0.4f, 0.2f}, 4), ElementsAre(1, 3, 0, 2)); }
TEST(TopK, GivesAllWhenThereAreFewer) { EXPECT_THAT(best({0.1f, 0.2f}, 5), ElementsAre(1, 0)); }
TEST(TopK, LeavesOutWhatIsBelowTheThreshold) {
  EXPECT_THAT(best({0.1f, 0.5f, 0.25f}, 3, 0.25f), ElementsAre(1, 2));
  EXPECT_THAT(best({0.1f, 0.5f}, 3, 0.75f), IsEmpty());
}
TEST(TopK, NeverPicksNaN) {
  EXPECT_THAT(best({NAN, 0.1f, NAN, 0.2f}, 4), ElementsAre(3, 1));
  EXPECT_THAT(best({0.1f}, 0), IsEmpty());
  EXPECT_THAT(best({0.1f}, -3), IsEmpty());
}

TEST(Softmax, MakesProbabilities) {
  std::vector<float> scores{0, std::log(2.0f), std::log(5.0f)};
  softmax(scores);
  EXPECT_NEAR(scores[0], 0.125, 1e-6);
  EXPECT_NEAR(scores[1], 0.25, 1e-6);
  EXPECT_NEAR(scores[2], 0.625, 1e-6);
}

TEST(Softmax, DoesNotOverflow) {
  std::vector<float> scores{10000, 10000, -10000};
  softmax(scores);
  EXPECT_THAT(scores, ElementsAre(0.5f, 0.5f, 0.0f));
}

TEST(Softmax, SurvivesInfinityAndNaN) {
  std::vector<float> scores{std::numeric_limits<float>::infinity(), 1, NAN};
  softmax(scores);
  EXPECT_THAT(scores, ElementsAre(1.0f, 0.0f, 0.0f));
}

TEST(NormaliseL2, MakesTheNormOne) {
  std::vector<float> values{3, -4};
  normalise_l2(values);
  EXPECT_FLOAT_EQ(values[0], 0.6f);
  EXPECT_FLOAT_EQ(values[1], -0.8f);
}

TEST(NormaliseL2, LeavesZerosAlone) {
  std::vector<float> values{0, 0};
  normalise_l2(values);
  EXPECT_THAT(values, ElementsAre(0.0f, 0.0f));
}

}  // namespace
}  // namespace cnn
