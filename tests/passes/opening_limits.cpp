// SPDX-License-Identifier: MIT
// What small models cannot ask for while they are opened.
#include <gtest/gtest.h>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn {
namespace {

using test::attributes;
using test::GraphBuilder;
using Integers = std::vector<int64_t>;

Integers ones(size_t count) { return Integers(count, 1); }

/// A constant of `shape` that a few bytes of a file unfold to.
ValueId unfolded(GraphBuilder& b, const Shape& shape) {
  const ValueId target =
      b.constant(tensor_of<int64_t>({static_cast<int64_t>(shape.size())}, std::span<const int64_t>(shape)));
  return b.node("Expand", {b.weights(ones(shape.size())), target});
}

/// The model whose input meets the first element of `constant`.
Model reading(GraphBuilder& b, ValueId constant, std::vector<ValueId> more = {}) {
  std::vector<ValueId> outputs{b.node("Identity", {b.input("x", {1, 1})}), constant};
  outputs.insert(outputs.end(), more.begin(), more.end());
  return b.model(outputs);
}

std::string refusal(const Model& model) {
  SessionOptions options;
  options.batched = false;
  auto session = Session::open(model, options);
  return session ? "" : session.error().what;
}

void expect_refused(const Model& model, const std::string& reason) {
  const std::string what = refusal(model);
  EXPECT_NE(what.find(reason), std::string::npos) << what;
}

TEST(OpeningLimit, CountsWhatAllConstantsUnfoldTo) {
  GraphBuilder b;
  const ValueId half = unfolded(b, {1 << 22});
  EXPECT_EQ(refusal(reading(b, b.node("ReduceMax", {half}))), "");
  std::vector<ValueId> sums;
  for (int i = 0; i < 4; ++i) sums.push_back(b.node("ReduceMax", {b.node("Neg", {half})}));
  expect_refused(reading(b, half, sums), "unfold");
}

TEST(OpeningLimit, GrowsWithWhatTheModelHolds) {
  const auto model = [](int64_t weights) {
    GraphBuilder b;
    const ValueId kept = b.node("ReduceMax", {b.weights({weights})});
    return reading(b, b.node("ReduceMax", {unfolded(b, {20 << 20})}), {kept});
  };
  expect_refused(model(1 << 10), "unfold");
  EXPECT_EQ(refusal(model(1 << 20)), "");
}

TEST(OpeningLimit, IsWiderForWhatIsFilledWithOneNumber) {
  const auto filled = [](int count) {
    GraphBuilder b;
    std::vector<ValueId> first;
    for (int i = 0; i < count; ++i)
      first.push_back(b.node("ReduceMax", {b.node("ConstantOfShape", {b.integers({34 << 20})})}));
    return reading(b, b.integers({1}), first);
  };
  EXPECT_EQ(refusal(filled(3)), "");  // 408 MiB
  expect_refused(filled(8), "unfold");
}

TEST(OpeningLimit, CountsWindowsOverConstants) {
  GraphBuilder b;
  const ValueId pooled =
      b.node("MaxPool", {unfolded(b, {1, 1, 1 << 10, 1 << 10})}, attributes({{"kernel_shape", Integers{512, 512}}}));
  expect_refused(reading(b, pooled), "too many operations");
}

TEST(OpeningLimit, CountsSumsOfProducts) {
  GraphBuilder b;
  const ValueId line = unfolded(b, {1 << 17});
  const ValueId sum = b.node("Einsum", {line, line}, attributes({{"equation", std::string("i,j->")}}));
  expect_refused(reading(b, sum), "too many operations");
}

TEST(OpeningLimit, CountsAttentionAndTransformsOfConstants) {
  GraphBuilder b;
  const ValueId tokens = unfolded(b, {1, 1, 1 << 14, 64});
  expect_refused(reading(b, b.node("Attention", {tokens, tokens, tokens}, {}, "", 23)), "too many operations");
  GraphBuilder c;
  expect_refused(reading(c, c.node("DFT", {unfolded(c, {400, 16411, 1})}, attributes({{"onesided", int64_t{1}}}))),
                 "too many operations");
}

TEST(OpeningLimit, CountsElementsThatAreOnlyRead) {
  const auto model = [](int count) {
    GraphBuilder b;
    const ValueId large = unfolded(b, {1 << 20}), one = b.integers({1});
    std::vector<ValueId> largest;
    for (int i = 0; i < count; ++i) largest.push_back(b.node("TopK", {large, one}));
    return reading(b, large, largest);
  };
  EXPECT_EQ(refusal(model(8)), "");
  expect_refused(model(80), "too many operations");
}

TEST(OpeningLimit, BoundsTheIndicesOfNonZero) {
  GraphBuilder b;
  expect_refused(reading(b, b.node("NonZero", {unfolded(b, {1 << 11, 1 << 12})})), "more than 64 MiB");
}

TEST(OpeningLimit, CountsTablesOfAllNodes) {
  GraphBuilder resize;
  const ValueId x = resize.input("x", {1, 1, 4, 4}), sizes = resize.integers({1, 1, 4, 1 << 18});
  std::vector<ValueId> wide;
  for (int i = 0; i < 30; ++i)
    wide.push_back(resize.node("Resize", {x, no_value, no_value, sizes}, attributes({{"mode", std::string("cubic")}})));
  expect_refused(resize.model(wide), "MiB of tables");
  GraphBuilder product;
  const ValueId a = product.input("a", {1 << 20, 1, 1});
  std::vector<ValueId> products;
  for (int i = 0; i < 20; ++i) products.push_back(product.node("MatMul", {a, a}));
  expect_refused(product.model(products), "MiB of tables");
  GraphBuilder transposed;
  const ValueId line = transposed.input("line", {1, 1, 1 << 20}), tap = transposed.weights({1, 1, 1});
  std::vector<ValueId> lines;
  for (int i = 0; i < 20; ++i) lines.push_back(transposed.node("ConvTranspose", {line, tap}));
  expect_refused(transposed.model(lines), "MiB of tables");
  GraphBuilder spectra;  // 4194301 is prime
  const ValueId signal = spectra.input("signal", {1, 1, 1});
  expect_refused(spectra.model({spectra.node("DFT", {signal, spectra.integers({4194301})})}), "MiB of tables");
}

TEST(OpeningLimit, CountsAllInputsTogether) {
  GraphBuilder b;
  for (const char* name : {"a", "b", "c", "d", "e"}) b.input(name, {1 << 28});
  expect_refused(reading(b, b.weights({1})), "inputs and outputs");
}

}  // namespace
}  // namespace cnn
