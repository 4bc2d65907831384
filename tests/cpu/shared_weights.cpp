// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <latch>
#include <thread>

#include "engine/onnx/importer.h"
#include "tests/support/graph_builder.h"
#include "tests/support/onnx_writer.h"
#include "tests/support/process_memory.h"
#include "tests/support/run_op.h"
#include "tests/vision/temporary_folder.h"

namespace cnn {
namespace {

using test::GraphBuilder;
using test::random_floats;
using test::resident;

/// 3x3 over 512 channels: 9 MiB of weights, 36 MiB when Winograd's filters are made of them.
Model wide_network() {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 512, 14, 14});
  return b.model({b.node("GlobalAveragePool", {b.node("Conv", {x, b.weights({512, 512, 3, 3})})})});
}

std::unique_ptr<Session> open(Model model) {
  auto session = Session::open(std::move(model), {});
  EXPECT_TRUE(session) << session.error().what;
  return session ? *std::move(session) : nullptr;
}

std::vector<float> results_of(Session& session) {
  const Tensor input = random_floats(session.inputs()[0].shape, 1);
  session.set_input(0, input.bytes.get());
  EXPECT_TRUE(session.run(1));
  const auto* values = reinterpret_cast<const float*>(session.output(0));
  return {values, values + session.outputs()[0].count()};
}

TEST(SharedWeights, TakeMemoryOnceForTwoSessionsAndGoWithTheLast) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizer keeps freed memory";
#endif
  if (std::getenv("CNN_EMULATED")) GTEST_SKIP() << "the emulator's memory counts as the process's";
  constexpr size_t packed = 36 << 20, slack = 8 << 20;  // an arena and buffers are each session's own
  const size_t before = resident("RssAnon");
  auto first = open(wide_network());
  ASSERT_TRUE(first);
  const auto expected = results_of(*first);
  const size_t with_one = resident("RssAnon");
  EXPECT_GE(with_one, before + packed);
  auto second = open(wide_network());
  ASSERT_TRUE(second);
  EXPECT_EQ(results_of(*second), expected);
  EXPECT_LE(resident("RssAnon"), with_one + slack);
  first.reset();
  EXPECT_EQ(results_of(*second), expected);
  second.reset();
  EXPECT_LE(resident("RssAnon"), before + slack);
}

TEST(SharedWeights, AreRightWhenManyThreadsOpenAndCloseAtOnce) {
  constexpr int threads = 6;
  const std::string path = std::string(CNN_SOURCE_ROOT) + "/models/everyday.onnx";
  const auto open_file = [&] {
    auto model = import_model(path);
    EXPECT_TRUE(model) << model.error().what;
    return open(*std::move(model));
  };
  const auto expected = results_of(*open_file());
  std::latch start(threads);
  std::vector<std::vector<float>> results(threads);
  {
    std::vector<std::jthread> running;
    for (int i = 0; i < threads; ++i)
      running.emplace_back([&, i] {
        start.arrive_and_wait();
        for (int time = 0; time < 3; ++time) results[static_cast<size_t>(i)] = results_of(*open_file());
      });
  }
  for (const auto& result : results) EXPECT_EQ(result, expected);
}

TEST(SharedWeights, AreNotThoseOfAFileThatWasReplaced) {
  const test::TemporaryFolder folder;
  const auto write = [&](float weight) {
    test::OnnxWriter w;
    w.input("x", {1, 1, 4, 4});
    w.weights("w", {1, 1, 3, 3}, std::vector<float>(9, weight));
    w.node("Conv", {"x", "w"}, {"y"}, {}, "conv");
    w.output("y");
    w.save(folder / "model.onnx");
  };
  const auto open_file = [&] { return open(*import_model(folder / "model.onnx")); };
  write(1);
  auto first = open_file();
  const auto once = results_of(*first);
  write(2);  // the same size, in the same file
  const auto twice = results_of(*open_file());
  ASSERT_EQ(once.size(), 4u);
  for (size_t i = 0; i < once.size(); ++i) EXPECT_FLOAT_EQ(twice[i], 2 * once[i]);
  EXPECT_EQ(results_of(*first), once);
}

TEST(SharedWeights, AreToldApartByWhatTheOperatorDoes) {
  const auto product = [&](float alpha, int64_t transposed) {
    GraphBuilder b;
    const ValueId x = b.input("x", {1, 4});
    const Attributes attributes = test::attributes({{"alpha", alpha}, {"transB", transposed}});
    return b.model({b.node("Gemm", {x, b.weights({4, 4})}, attributes)});
  };
  const auto plain = open(product(1, 0)), turned = open(product(1, 1));
  const auto doubled = open(product(-2, 0)), tripled = open(product(-3, 0));
  const auto y = results_of(*plain), z = results_of(*turned);
  const auto twice = results_of(*doubled), thrice = results_of(*tripled);
  for (size_t i = 0; i < y.size(); ++i) {
    EXPECT_NEAR(twice[i], -2 * y[i], 1e-5);
    EXPECT_NEAR(thrice[i], -3 * y[i], 1e-5);
  }
  EXPECT_NE(y, z);
}

TEST(Session, LetsConstantsGoThatAreReplaced) {
  Model model = wide_network();
  const auto weights = std::find_if(model.graph.values.begin(), model.graph.values.end(),
                                    [](const Value& value) { return value.constant.has_value(); });
  ASSERT_NE(weights, model.graph.values.end());
  const std::weak_ptr<const std::byte> bytes = weights->constant->bytes;
  const auto session = open(std::move(model));
  EXPECT_TRUE(bytes.expired());
  EXPECT_EQ(session->layers()[0].parameters, 512 * 512 * 9);
}

TEST(Session, KeepsConstantsThatStepsRead) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 4, 4, 4}), shared = b.weights({4, 4, 1, 1}), rows = b.weights({4, 4});
  const ValueId conv = b.node("Conv", {x, shared}), again = b.node("Conv", {conv, shared});
  const ValueId sum = b.node("Add", {b.node("Flatten", {b.node("GlobalAveragePool", {again})}), rows});
  const ValueId product = b.node("MatMul", {sum, rows});
  const Model model = b.model({product, b.node("Mul", {x, shared})});
  SessionOptions options;
  options.batched = false;
  const auto optimised = test::run_model(model, {random_floats({1, 4, 4, 4}, 1)}, options);
  options.optimise = false;
  const auto plain = test::run_model(model, {random_floats({1, 4, 4, 4}, 1)}, options);
  ASSERT_EQ(optimised.size(), 2u);
  for (size_t i = 0; i < 2; ++i) test::expect_close(optimised[i], plain[i], 1e-5, 1e-5);
}

}  // namespace
}  // namespace cnn
