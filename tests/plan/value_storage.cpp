// SPDX-License-Identifier: MIT
#include "engine/plan/value_storage.h"

#include <gtest/gtest.h>

#include "engine/passes/passes.h"
#include "tests/support/graph_builder.h"

namespace cnn {
namespace {

/// Two 1x1 convolutions with so many outputs, joined by channels, and a third that reads the result.
Graph joined(int64_t first, int64_t second) {
  test::GraphBuilder build;
  const ValueId x = build.input("x", {1, 4, 5, 5});
  const ValueId a = build.node("Conv", {x, build.weights({first, 4, 1, 1})}, {}, "a");
  const ValueId b = build.node("Conv", {x, build.weights({second, 4, 1, 1})}, {}, "b");
  const ValueId both = build.node("Concat", {a, b}, test::attributes({{"axis", int64_t{1}}}), "both");
  Graph graph = build.model({build.node("Conv", {both, build.weights({3, first + second, 1, 1})}, {}, "last")}).graph;
  FoldedConstants folded;
  SessionOptions options;
  options.optimise = false;
  EXPECT_TRUE(run_passes(graph, options, 1, folded));
  return graph;
}

struct Planned {
  Graph graph;
  ValueStorage storage;
  const ValueStorage::Place& place(const char* name) const {
    return storage.places[static_cast<size_t>(graph.find_value(name))];
  }
  const TensorDesc& desc(const char* name) const { return storage.descs[static_cast<size_t>(graph.find_value(name))]; }
};

Planned planned(int64_t first, int64_t second, int64_t multiple) {
  Planned result{joined(first, second), {}};
  result.storage = plan_storage(result.graph, multiple);
  return result;
}

TEST(ValueStorage, ProducersWriteSlicesOfAConcatenation) {
  const Planned made = planned(12, 8, 1);
  EXPECT_EQ(made.place("a").root, made.graph.find_value("both"));
  EXPECT_EQ(made.place("b").root, made.graph.find_value("both"));
  EXPECT_EQ(made.place("b").offset, 12 * 4);
  EXPECT_EQ(made.desc("a").pixel_stride, 20);
}

TEST(ValueStorage, SlicesBeginAtMultiplesOfChannels) {
  const Planned whole = planned(16, 8, 8);
  EXPECT_EQ(whole.place("b").root, whole.graph.find_value("both"));
  EXPECT_EQ(whole.desc("a").pixel_stride, 24);
  const Planned broken = planned(12, 8, 8);
  EXPECT_EQ(broken.place("b").root, broken.graph.find_value("b"));
  EXPECT_EQ(broken.desc("a").pixel_stride, 16) << "pixels of 12 channels lie 16 apart";
  EXPECT_EQ(broken.desc("b").pixel_step(), 8);
}

/// Global pooling, then a dense layer: [1, c, 1, 1] seen as [1, c].
bool flattens_in_place(int64_t channels, int64_t multiple) {
  test::GraphBuilder build;
  const ValueId x = build.input("x", {1, channels, 5, 5});
  const ValueId pooled = build.node("GlobalAveragePool", {x}, {}, "pooled");
  Graph graph = build.model({build.node("Flatten", {pooled}, {}, "flat")}).graph;
  FoldedConstants folded;
  EXPECT_TRUE(run_passes(graph, {}, 1, folded));
  const ValueStorage storage = plan_storage(graph, multiple);
  return storage.places[static_cast<size_t>(graph.find_value("flat"))].root == graph.find_value("pooled");
}

TEST(ValueStorage, AViewOfPixelsWithGapsIsNone) {
  EXPECT_TRUE(flattens_in_place(12, 1));
  EXPECT_TRUE(flattens_in_place(16, 8));
  EXPECT_FALSE(flattens_in_place(12, 8));
}

}  // namespace
}  // namespace cnn
