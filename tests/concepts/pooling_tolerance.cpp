// SPDX-License-Identifier: MIT
// Pooling hears less of small shifts, the more of a map it looks at; global pooling hears nothing of where things are.
#include <gtest/gtest.h>

#include <map>

#include "tests/concepts/pooling_shift.h"

namespace cnn::test {
namespace {

/// Change by a shift of one pixel.
const std::map<std::string, double>& changes() {
  static const std::map<std::string, double> measured = [] {
    std::map<std::string, double> made;
    for (const Pooling& pooling : poolings()) made[pooling.name] = change_by_shift(pooling, 1)[1];
    return made;
  }();
  return measured;
}

TEST(PoolingTolerance, OfTheMaximumIsAboveThatOfTakingEveryNth) {
  for (const auto& [name, change] : changes()) RecordProperty(name, std::to_string(change));
  EXPECT_LT(changes().at("maximum of 2x2"), 0.75 * changes().at("every 2nd element"));
  EXPECT_LT(changes().at("maximum of 4x4"), 0.75 * changes().at("every 4th element"));
}

TEST(PoolingTolerance, OfTheAverageIsAboveThatOfTakingEveryNth) {
  EXPECT_LT(changes().at("average of 2x2"), 0.75 * changes().at("every 2nd element"));
  EXPECT_LT(changes().at("average of 4x4"), 0.75 * changes().at("every 4th element"));
}

TEST(PoolingTolerance, GrowsWithTheWindow) {
  EXPECT_LT(changes().at("maximum of 4x4"), changes().at("maximum of 2x2"));
  EXPECT_LT(changes().at("average of 4x4"), changes().at("average of 2x2"));
}

TEST(PoolingTolerance, IsNoneAtAllWithoutPooling) {
  EXPECT_GT(changes().at("every 2nd element"), 0.5);
  EXPECT_GT(changes().at("every 4th element"), 0.5);
}

TEST(PoolingTolerance, OfGlobalPoolingIsComplete) {
  for (const char* type : {"GlobalMaxPool", "GlobalAveragePool"})
    for (double change : change_by_shift({type, type}, 12)) EXPECT_LT(change, 1e-5) << type;
}

TEST(PoolingTolerance, IsNoInvarianceToShiftsByTheStride) {
  // The map moves by one element then: equivariance, not invariance.
  EXPECT_GT(change_by_shift({"", "MaxPool", 2, 2}, 2)[2], 0.3);
}

}  // namespace
}  // namespace cnn::test
