// SPDX-License-Identifier: MIT
#include "engine/passes/folded_constants.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/passes/passes.h"
#include "tests/support/graph_builder.h"

namespace cnn {
namespace {

using test::GraphBuilder;

TEST(FoldedConstants, AreMadeOnceForEveryRuleShapeAndAddress) {
  FoldedConstants folded;
  int made = 0;
  const auto get = [&](const std::string& rule, const Tensor& source) {
    return folded.get(rule, {source}, [&] {
      ++made;
      return std::vector{make_tensor({DataType::Float32, {3}}).tensor};
    })[0].bytes;
  };
  const Tensor a = make_tensor({DataType::Float32, {2, 3}}).tensor, b = make_tensor({DataType::Float32, {2, 3}}).tensor;
  const Tensor viewed{{DataType::Float32, {6}}, a.bytes};
  const auto first = get("rule", a);
  EXPECT_EQ(get("rule", a), first);
  EXPECT_EQ(made, 1);
  EXPECT_NE(get("rule", b), first);
  EXPECT_NE(get("rule", viewed), first);
  EXPECT_NE(get("other rule", a), first);
}

/// Convolution with a factor per channel behind it, flattened before a dense layer: the filters change in passes.
TEST(FoldedConstants, AreTheSameBytesForAllBatchSizes) {
  GraphBuilder b;
  const ValueId conv = b.node("Conv", {b.input("x", {1, 3, 6, 6}), b.weights({4, 3, 3, 3})});
  const ValueId flat = b.node("Flatten", {b.node("Mul", {conv, b.weights({4, 1, 1})})});
  const Model model = b.model({b.node("Gemm", {flat, b.weights({64, 5})})});
  FoldedConstants folded;
  const auto weights_at = [&](int batch) {
    Graph graph = model.graph;
    const Status passed = run_passes(graph, {}, batch, folded);
    EXPECT_TRUE(passed) << passed.error().what;
    std::vector<const std::byte*> weights;
    for (const Node& node : graph.nodes)
      if (node.inputs.size() > 1) weights.push_back(graph.constant(node.inputs[1])->bytes.get());
    return weights;
  };
  const auto single = weights_at(1);
  ASSERT_EQ(single.size(), 2u);
  EXPECT_EQ(weights_at(4), single);
  const auto is_of_the_model = [&](const std::byte* bytes) {
    return std::any_of(model.graph.values.begin(), model.graph.values.end(),
                       [&](const Value& value) { return value.constant && value.constant->bytes.get() == bytes; });
  };
  EXPECT_FALSE(is_of_the_model(single[0]));
  EXPECT_TRUE(is_of_the_model(single[1]));  // only read in another order
}

}  // namespace
}  // namespace cnn
