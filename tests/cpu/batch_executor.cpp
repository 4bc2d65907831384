// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cstring>
#include <numeric>

#include "engine/session.h"
#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn {
namespace {

using test::attributes;
using test::GraphBuilder;
using test::random_floats;

constexpr int64_t image_floats = 3 * 12 * 11;

Model network() {
  GraphBuilder b;
  const Attributes same = attributes({{"pads", std::vector<int64_t>{1, 1, 1, 1}}});
  const ValueId x = b.input("x", {1, 3, 12, 11});
  const ValueId wide = b.node("Relu", {b.node("Conv", {x, b.weights({20, 3, 3, 3})}, same)});
  const ValueId pooled = b.node("GlobalAveragePool", {b.node("Conv", {wide, b.weights({9, 20, 3, 3})}, same)});
  return b.model({b.node("Flatten", {pooled}), wide});
}

std::unique_ptr<Session> open(int threads, int max_batch) {
  SessionOptions options;
  options.threads = threads;
  options.max_batch = max_batch;
  auto session = Session::open(network(), options);
  EXPECT_TRUE(session) << session.error().what;
  return std::move(*session);
}

/// Both outputs of each image, computed by itself.
std::vector<std::vector<float>> one_by_one(const Tensor& images, int count) {
  const auto session = open(1, 1);
  std::vector<std::vector<float>> results;
  for (int image = 0; image < count; ++image) {
    session->set_input(0, images.data<float>() + image * image_floats);
    EXPECT_TRUE(session->run(1));
    std::vector<float>& result = results.emplace_back();
    for (size_t i = 0; i < 2; ++i) {
      const auto* values = reinterpret_cast<const float*>(session->output(i));
      result.insert(result.end(), values, values + session->outputs()[i].count());
    }
  }
  return results;
}

void expect_results(const Session& session, const std::vector<std::vector<float>>& expected, int batch, int max_batch) {
  for (int image = 0; image < batch; ++image) {
    size_t at = 0;
    for (size_t i = 0; i < 2; ++i) {
      const int64_t floats = session.outputs()[i].count() / max_batch;
      const auto* values = reinterpret_cast<const float*>(session.output(i)) + image * floats;
      for (int64_t k = 0; k < floats; ++k, ++at)
        ASSERT_NEAR(values[k], expected[static_cast<size_t>(image)][at], 1e-4) << "image " << image << ", output " << i;
    }
  }
}

TEST(BatchExecutor, GivesEachImageItsOwnResultInEveryWay) {
  const int max_batch = 7;
  const Tensor images = random_floats({max_batch, 3, 12, 11}, 4);
  const auto expected = one_by_one(images, max_batch);
  for (int threads : {1, 2, 3, 16}) {
    SCOPED_TRACE(testing::Message() << threads << " threads");
    const auto session = open(threads, max_batch);
    session->set_input(0, images.data<float>());
    // The first runs of each batch try one way after the other.
    for (int run = 0; run < 24; ++run)
      for (int batch : {1, 2, 5, max_batch}) {
        for (size_t i = 0; i < 2; ++i)
          std::memset(const_cast<std::byte*>(session->output(i)), 0x7f, session->outputs()[i].bytes());
        EXPECT_TRUE(session->run(batch));
        expect_results(*session, expected, batch, max_batch);
        if (HasFatalFailure()) return;
      }
  }
}

TEST(BatchExecutor, TimesLayersInEveryWay) {
  const int max_batch = 4;
  const auto session = open(2, max_batch);
  for (int run = 0; run < 24; ++run) {
    const auto layers = session->layers(max_batch);
    std::vector<double> seconds(layers.size());
    EXPECT_TRUE(session->run_timed(max_batch, seconds));
    EXPECT_GT(std::accumulate(seconds.begin(), seconds.end(), 0.0), 0);
    for (size_t i = 0; i < layers.size(); ++i)
      EXPECT_TRUE(layers[i].type != "Conv" || seconds[i] > 0) << layers[i].name;
  }
}

TEST(BatchExecutor, DividesNoImagesWhenTheResultIsToBeTheSame) {
  SessionOptions options;
  options.threads = 2;
  options.max_batch = 8;
  const size_t by_image = (*Session::open(network(), options))->arena_bytes();
  options.deterministic = true;
  EXPECT_LT((*Session::open(network(), options))->arena_bytes(), by_image);
}

}  // namespace
}  // namespace cnn
