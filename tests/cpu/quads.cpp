// SPDX-License-Identifier: MIT
// Networks of integers whose products multiply quads of bytes.
#include "engine/kernels/qgemm_quads.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn {
namespace {

using test::attributes;

using Integers = std::vector<int64_t>;

/// A network of products that differ in what quads ask for.
struct Network : test::GraphBuilder {
  ValueId scale(float value) { return constant(test::floats({}, {value})); }
  template <class T>
  ValueId one(T value) {
    return constant(test::values_of<T>({}, {value}));
  }
  template <class T>
  ValueId bytes(const Shape& shape) {
    std::vector<T> values(static_cast<size_t>(element_count(shape)));
    for (T& value : values) value = static_cast<T>(random());
    return constant(tensor_of<T>(shape, std::span<const T>(values)));
  }
  ValueId conv(const std::string& name, ValueId x, uint8_t x_zero, ValueId weights, ValueId zero, int64_t groups,
               int64_t pad) {
    return node("QLinearConv",
                {x, scale(0.02f), one(x_zero), weights, scale(0.01f), zero, scale(0.05f), one<uint8_t>(90)},
                attributes({{"group", groups}, {"pads", Integers{pad, pad, pad, pad}}}), name);
  }
  std::mt19937 random{3};
};

Model network(Network& b) {
  const ValueId x = b.node("QuantizeLinear", {b.input("x", {1, 3, 9, 11}), b.scale(0.01f), b.one<uint8_t>(120)});
  const ValueId first = b.conv("first", x, 120, b.bytes<int8_t>({24, 3, 3, 3}), b.one<int8_t>(0), 1, 1);
  const ValueId grouped = b.conv("grouped", first, 90, b.bytes<uint8_t>({20, 12, 3, 3}), b.one<uint8_t>(128), 2, 1);
  const ValueId zeros = b.bytes<int8_t>({26});
  const ValueId wide = b.conv("wide", grouped, 90, b.bytes<int8_t>({26, 20, 1, 1}), zeros, 1, 0);
  const ValueId deep = b.conv("deep", wide, 90, b.bytes<int8_t>({40, 26, 3, 3}), b.one<int8_t>(0), 1, 0);
  const ValueId rows = b.node("Flatten", {deep});
  const ValueId dense = b.node("QLinearMatMul",
                               {rows, b.scale(0.02f), b.one<uint8_t>(90), b.bytes<int8_t>({40 * 7 * 9, 10}),
                                b.scale(0.01f), b.one<int8_t>(0), b.scale(0.5f), b.one<uint8_t>(100)},
                               {}, "dense");
  return b.model({dense, wide});
}

class Quads : public testing::Test {
 protected:
  void SetUp() override {
    if (quad_products() == QuadProducts::Absent) GTEST_SKIP() << "the CPU's widest vectors multiply no quads";
  }
  void TearDown() override { prefer_quads_for_test({}); }
};

std::map<std::string, std::string> algorithms(const Model& model, const SessionOptions& options = {}) {
  auto session = Session::open(model, options);
  EXPECT_TRUE(session.ok()) << session.error().what;
  std::map<std::string, std::string> result;
  for (const LayerReport& layer : (*session)->layers()) result[layer.name] = layer.algorithm;
  return result;
}

TEST_F(Quads, AreMultipliedWhereConstantWeightsFit) {
  Network b;
  const Model model = network(b);
  prefer_quads_for_test(true);
  auto with = algorithms(model);
  for (const char* name : {"first", "grouped", "deep", "dense"})
    EXPECT_EQ(with[name].rfind("qgemm quads ", 0), 0u) << name << ": " << with[name];
  EXPECT_EQ(with["wide"].find("quads"), std::string::npos) << "weights less their zero points need nine bits";
  prefer_quads_for_test(false);
  for (const auto& [name, algorithm] : algorithms(model)) EXPECT_EQ(algorithm.find("quads"), std::string::npos) << name;
}

TEST_F(Quads, GiveTheIntegersOfPairs) {
  Network b;
  const Model model = network(b);
  const Tensor x = test::random_floats({3, 3, 9, 11}, 5, -1.2f, 1.3f);
  for (int threads : {1, 2}) {
    SessionOptions options;
    options.max_batch = 3;
    options.threads = threads;
    prefer_quads_for_test(false);
    const auto pairs = test::run_model(model, {x}, options);
    prefer_quads_for_test(true);
    const auto quads = test::run_model(model, {x}, options);
    ASSERT_EQ(quads.size(), 2u);
    for (size_t i = 0; i < 2; ++i) test::expect_close(quads[i], pairs[i], 0, 0);
    std::map<uint8_t, int> values;
    for (uint8_t value : quads[0].values<uint8_t>()) ++values[value];
    EXPECT_GT(values.size(), 10u) << "results that tell sums apart";
  }
}

TEST_F(Quads, OfWeightsThatComeAtRunTimeStayPairs) {
  test::GraphBuilder b;
  const auto scale = [&] { return b.constant(test::floats({}, {0.1f})); };
  const ValueId x = b.input("x", {1, 8, 4, 4}, DataType::UInt8), w = b.input("w", {4, 8, 1, 1}, DataType::Int8);
  const ValueId zero = b.constant(test::values_of<uint8_t>({}, {0}));
  const ValueId w_zero = b.constant(test::values_of<int8_t>({}, {0}));
  const Model model =
      b.model({b.node("QLinearConv", {x, scale(), zero, w, scale(), w_zero, scale(), zero}, {}, "conv")});
  SessionOptions options;
  options.batched = false;
  prefer_quads_for_test(true);
  const std::string algorithm = algorithms(model, options)["conv"];
  EXPECT_EQ(algorithm.rfind("qgemm ", 0), 0u) << algorithm;
  EXPECT_EQ(algorithm.find("quads"), std::string::npos) << algorithm;
}

}  // namespace
}  // namespace cnn
