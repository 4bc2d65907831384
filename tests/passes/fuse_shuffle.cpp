// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn {
namespace {

using test::attributes;
using test::GraphBuilder;
using test::optimised_ops;
using test::random_floats;

/// ShuffleNet's three nodes over [1, 12, 5, 7].
ValueId shuffled(GraphBuilder& b, ValueId x, int64_t groups, std::vector<int64_t> perm = {0, 2, 1, 3, 4}) {
  const ValueId parted = b.node("Reshape", {x, b.integers({1, groups, 12 / groups, 5, 7})});
  const ValueId turned = b.node("Transpose", {parted}, attributes({{"perm", perm}}));
  return b.node("Reshape", {turned, b.integers({1, 12, 5, 7})});
}

TEST(FuseShuffle, KeepsChannelsLastBetweenConvolutions) {
  for (int64_t groups : {2, 3, 4, 6}) {
    GraphBuilder b;
    const ValueId x = b.node("Conv", {b.input("x", {1, 3, 5, 7}), b.weights({12, 3, 1, 1})});
    const Model model =
        b.model({b.node("GlobalMaxPool", {b.node("Conv", {shuffled(b, x, groups), b.weights({4, 12, 1, 1})})})});
    EXPECT_EQ(optimised_ops(model), "Conv ChannelShuffle Conv GlobalMaxPool View");
    test::expect_same_outputs(model, {random_floats({1, 3, 5, 7}, 1)});
  }
}

TEST(FuseShuffle, DealsChannelsOut) {
  GraphBuilder b;
  const Model model = b.model({shuffled(b, b.input("x", {1, 12, 5, 7}), 3)});
  const Tensor x = random_floats({1, 12, 5, 7}, 1);
  const auto results = test::run_model(model, {x});
  ASSERT_EQ(results.size(), 1u);
  for (size_t c = 0; c < 12; ++c)
    for (size_t pixel = 0; pixel < 35; ++pixel)
      ASSERT_EQ(results[0].values<float>()[c * 35 + pixel], x.values<float>()[(c % 3 * 4 + c / 3) * 35 + pixel]) << c;
}

TEST(FuseShuffle, LeavesOtherTransposesAlone) {
  GraphBuilder b;
  const Model model = b.model({shuffled(b, b.input("x", {1, 12, 5, 7}), 2, {0, 1, 2, 4, 3})});
  EXPECT_EQ(optimised_ops(model).find("ChannelShuffle"), std::string::npos) << optimised_ops(model);
}

}  // namespace
}  // namespace cnn
