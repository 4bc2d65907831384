// SPDX-License-Identifier: MIT
// Poolings that a planner may compute: which problems it is asked about, beside the CPU, on a SimulatedDevice; and with
// CNN_TEST_GPU cuDNN's engines for them on a GPU.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "engine/cuda/cudnn_planner.h"
#include "engine/cuda/network.h"
#include "tests/cuda/list_timer.h"
#include "tests/cuda/network_run.h"
#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn {
namespace {

using cuda::PoolMode;
using cuda::PoolProblem;
using test::attributes;
using test::options_for;
using test::relative_difference;
using testing::HasSubstr;
using Integers = std::vector<int64_t>;

/// Poolings by the definition of PoolProblem, in double precision. What an own kernel makes of the same addresses must
/// agree.
class PoolByDefinition final : public cuda::PoolPlan {
 public:
  PoolByDefinition(const PoolProblem& problem, const cuda::OwnPool& own) : p_(problem), own_(own) {}
  size_t workspace_bytes() const override { return 64; }
  std::string algorithm() const override { return "definition"; }
  Status enqueue(const cuda::PoolAddresses& a, const cuda::Queue& queue) const override {
    cuda::with_number(p_.number, [&]<class T>(T) {
      compute<T>(a);
      std::vector<T> own(static_cast<size_t>(p_.images * p_.out_height * p_.out_width * p_.y_pixel));
      std::vector<std::byte> workspace(own_.workspace_bytes);
      EXPECT_TRUE(own_.enqueue({a.x, own.data(), workspace.data()}, queue));
      each_output([&](int64_t, int64_t, int64_t, int64_t at) {
        const float want = cuda::to_float(static_cast<const T*>(a.y)[at]);
        const float got = cuda::to_float(own[static_cast<size_t>(at)]);
        EXPECT_NEAR(got, want, 1e-3 * std::max(1.0f, std::abs(want)));
      });
    });
    return {};
  }

 private:
  template <class T>
  void compute(const cuda::PoolAddresses& a) const {
    each_output([&](int64_t image, int64_t y, int64_t x, int64_t at) {
      double sum = 0, largest = -INFINITY;
      int64_t taps = 0;
      for (int64_t kh = 0; kh < p_.kernel_h; ++kh)
        for (int64_t kw = 0; kw < p_.kernel_w; ++kw) {
          const int64_t row = y * p_.stride_h - p_.pad_top + kh, column = x * p_.stride_w - p_.pad_left + kw;
          EXPECT_TRUE(row < p_.height + p_.pad_bottom && column < p_.width + p_.pad_right) << "a window hangs over";
          if (row < 0 || column < 0 || row >= p_.height || column >= p_.width) continue;
          const double tap = cuda::to_float(static_cast<const T*>(
              a.x)[((image * p_.height + row) * p_.width + column) * p_.x_pixel + at % p_.y_pixel]);
          sum += tap, largest = std::max(largest, tap), ++taps;
        }
      EXPECT_GT(taps, 0) << "a window of padding alone";
      const int64_t divisor = p_.mode == PoolMode::AverageOfWindow ? p_.kernel_h * p_.kernel_w : taps;
      static_cast<T*>(a.y)[at] = cuda::from_float<T>(
          static_cast<float>(p_.mode == PoolMode::Max ? largest : sum / static_cast<double>(divisor)));
    });
  }
  /// function(image, row, column, element of y) for all channels of all pixels of y.
  template <class Function>
  void each_output(Function&& function) const {
    for (int64_t pixel = 0; pixel < p_.images * p_.out_height * p_.out_width; ++pixel)
      for (int64_t c = 0; c < p_.channels; ++c)
        function(pixel / p_.out_width / p_.out_height, pixel / p_.out_width % p_.out_height, pixel % p_.out_width,
                 pixel * p_.y_pixel + c);
  }

  PoolProblem p_;
  cuda::OwnPool own_;
};

class PoolsOnly final : public cuda::ConvolutionPlanner {
 public:
  /// What was asked about goes to `asked`, which outlives the network.
  explicit PoolsOnly(std::vector<PoolProblem>& asked) : asked_(asked) {}
  Result<std::unique_ptr<cuda::ConvolutionPlan>> plan(const cuda::ConvolutionProblem&) override {
    return error(ErrorCode::Unsupported, "no convolutions");
  }
  std::unique_ptr<cuda::PoolPlan> plan_pool(const PoolProblem& problem, const cuda::OwnPool& own) override {
    EXPECT_EQ(problem.channels % 8 + problem.x_pixel % 8 + problem.y_pixel % 8, 0);
    EXPECT_GE(std::min(problem.x_pixel, problem.y_pixel), problem.channels);
    asked_.push_back(problem);
    return std::make_unique<PoolByDefinition>(problem, own);
  }

 private:
  std::vector<PoolProblem>& asked_;
};

struct Case {
  const char* name;
  const char* type;
  Shape input;
  Attributes stated;
};

Attributes window(const Integers& kernel, const Integers& strides, const Integers& pads) {
  return attributes({{"kernel_shape", kernel}, {"strides", strides}, {"pads", pads}});
}
Attributes with(Attributes stated, const std::string& name, const AttributeValue& value) {
  stated.set(name, value);
  return stated;
}

/// Between 1x1 convolutions, so that maps lie as pixels.
Model model_of(const Case& c) {
  test::GraphBuilder graph;
  const int64_t channels = c.input[1];
  Shape weights(c.input.size(), 1);
  weights[0] = weights[1] = channels;
  const auto x = graph.node("Conv", {graph.input("x", c.input), graph.weights(weights)}, {}, "before");
  const auto pooled = graph.node(c.type, {x}, c.stated, "pooled");
  return graph.model({graph.node("Conv", {pooled, graph.weights(weights)}, {}, "after")});
}

const std::vector<Case>& planned() {
  static const std::vector<Case> cases = {
      {"max", "MaxPool", {1, 64, 9, 11}, window({3, 3}, {2, 2}, {1, 1, 1, 1})},
      {"max of odd extents", "MaxPool", {1, 13, 7, 10}, window({3, 2}, {2, 1}, {1, 0, 2, 1})},
      {"max that rounds up for nothing",
       "MaxPool",
       {1, 8, 7, 9},
       with(window({3, 3}, {2, 2}, {0, 0, 0, 0}), "ceil_mode", int64_t{1})},
      {"average of taps", "AveragePool", {1, 16, 5, 6}, window({3, 3}, {1, 1}, {1, 1, 1, 1})},
      {"average of windows",
       "AveragePool",
       {1, 24, 5, 6},
       with(window({3, 2}, {1, 2}, {1, 1, 0, 1}), "count_include_pad", int64_t{1})},
      {"average of all", "GlobalAveragePool", {1, 43, 5, 6}, {}},
      {"average of all in parts", "GlobalAveragePool", {1, 8, 31, 23}, {}},
      {"max of all", "GlobalMaxPool", {1, 16, 5, 6}, {}},
  };
  return cases;
}

TEST(PlannedPool, GivesWhatTheCpuGives) {
  for (const Case& c : planned())
    for (const auto& [precision, tolerance] : {std::pair{Precision::Fp32, 1e-5}, {Precision::Fp16, 3e-3}}) {
      SCOPED_TRACE(c.name);
      std::vector<PoolProblem> asked;
      const Model model = model_of(c);
      const auto network = test::open_simulated(model, options_for(precision, 3), std::make_unique<PoolsOnly>(asked));
      ASSERT_TRUE(network) << network.error().what;
      EXPECT_FALSE(asked.empty());
      EXPECT_EQ((*network)->layers(1).at(1).algorithm, "definition");
      for (const int64_t batch : {1, 3}) {
        Shape shape = c.input;
        shape[0] = batch;
        const Tensor images = test::random_floats(shape, 7);
        const auto expected = test::run_model(model, {images}, options_for(Precision::Fp32, 3));
        const auto actual = test::run_network(**network, {images});
        ASSERT_TRUE(actual) << actual.error().what;
        EXPECT_LE(relative_difference((*actual)[0], expected[0]), tolerance);
      }
    }
}

TEST(PlannedPool, IsOursWhereAnEngineComputesSomethingElse) {
  const Attributes plain = window({3, 3}, {2, 2}, {0, 0, 0, 0});
  const Case cases[] = {
      {"dilation", "MaxPool", {1, 8, 9, 9}, with(plain, "dilations", Integers{2, 2})},
      {"a window that hangs over", "MaxPool", {1, 8, 8, 8}, with(plain, "ceil_mode", int64_t{1})},
      {"powers", "LpPool", {1, 8, 9, 9}, plain},
      {"powers of all", "GlobalLpPool", {1, 8, 9, 9}, {}},
      {"one axis", "MaxPool", {1, 8, 9}, window({3}, {2}, {0, 0})},
      {"three axes", "AveragePool", {1, 8, 5, 5, 5}, window({3, 3, 3}, {2, 2, 2}, {0, 0, 0, 0, 0, 0})},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    std::vector<PoolProblem> asked;
    const auto network =
        test::open_simulated(model_of(c), options_for(Precision::Fp16, 1), std::make_unique<PoolsOnly>(asked));
    ASSERT_TRUE(network) << network.error().what;
    EXPECT_TRUE(asked.empty());
  }
}

TEST(PlannedPool, IsOursWhereResultsAreToBeTheSameInEveryRun) {
  std::vector<PoolProblem> asked;
  SessionOptions options = options_for(Precision::Fp16, 1);
  options.deterministic = true;
  const auto network = test::open_simulated(model_of(planned()[0]), options, std::make_unique<PoolsOnly>(asked));
  ASSERT_TRUE(network) << network.error().what;
  EXPECT_TRUE(asked.empty());
  EXPECT_EQ((*network)->layers(1).at(1).algorithm, "max pool");
}

/// cuDNN's engines for all of planned(), whatever they take.
TEST(PlannedPool, OfCudnnGivesWhatTheCpuGives) {
  if (!std::getenv("CNN_TEST_GPU")) GTEST_SKIP() << "CNN_TEST_GPU is not set: cuDNN's poolings run on a GPU only";
  const auto& library = cuda::cudnn_library();
  ASSERT_TRUE(library) << library.error().what;
  for (const Case& c : planned())
    for (const auto& [precision, tolerance] : {std::pair{Precision::Fp32, 1e-5}, {Precision::Fp16, 3e-3}}) {
      SCOPED_TRACE(c.name);
      auto device = cuda::open_gpu(0);
      ASSERT_TRUE(device) << device.error().what;
      auto handle = cuda::CudnnHandle::open(library->functions);
      ASSERT_TRUE(handle) << handle.error().what;
      test::ListTimer::Log log;  // the first engine takes a second, and an own pooling ten
      log.seconds = {1};
      auto planner = std::make_unique<cuda::CudnnPlanner>(
          cuda::PlanningTarget{&library->functions, (*handle)->raw(), nullptr}, *handle, cuda::PlanCache("", ""),
          std::make_unique<test::ListTimer>(log));
      const Model model = model_of(c);
      const auto network =
          cuda::CudaNetwork::open(model.graph, options_for(precision, 1), *std::move(device), std::move(planner));
      ASSERT_TRUE(network) << network.error().what;
      EXPECT_THAT((*network)->layers(1).at(1).algorithm, HasSubstr("cudnn"));
      const Tensor images = test::random_floats(c.input, 7);
      const auto expected = test::run_model(model, {images}, options_for(Precision::Fp32, 1));
      const auto actual = test::run_network(**network, {images});
      ASSERT_TRUE(actual) << actual.error().what;
      EXPECT_LE(relative_difference((*actual)[0], expected[0]), tolerance);
    }
}

}  // namespace
}  // namespace cnn
