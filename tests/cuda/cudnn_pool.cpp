// SPDX-License-Identifier: MIT
#include "engine/cuda/cudnn_pool.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/cuda/cudnn_planner.h"
#include "tests/cuda/list_timer.h"
#include "tests/cuda/planned_networks.h"
#include "tests/cuda/recording_cudnn.h"
#include "tests/vision/temporary_folder.h"

namespace cnn::test {
namespace {

using namespace cuda;
using testing::ElementsAre;

/// A pooling of `image` rows and columns with windows of `kernel`.
PoolProblem pool(int64_t image, int64_t channels, int64_t kernel, int64_t stride, int64_t pad) {
  PoolProblem p;
  p.images = 8, p.channels = p.x_pixel = p.y_pixel = channels;
  p.height = p.width = image;
  p.kernel_h = p.kernel_w = kernel, p.stride_h = p.stride_w = stride;
  p.pad_top = p.pad_left = p.pad_bottom = p.pad_right = pad;
  p.out_height = p.out_width = (image + 2 * pad - kernel) / stride + 1;
  return p;
}

struct NetworkPool {
  const char* network;
  PoolProblem problem;
};
std::vector<NetworkPool> network_pools() {
  PoolProblem all = pool(7, 2048, 7, 1, 0), average = pool(35, 288, 3, 1, 1);
  all.mode = PoolMode::AverageOfTaps, average.mode = PoolMode::AverageOfWindow;
  return {{"resnet50", pool(112, 64, 3, 2, 1)},
          {"resnet50", all},
          {"squeezenet1_1", pool(111, 64, 3, 2, 0)},
          {"squeezenet1_1", pool(55, 128, 3, 2, 0)},
          {"squeezenet1_1", pool(27, 256, 3, 2, 0)},
          {"vgg16", pool(224, 64, 2, 2, 0)},
          {"vgg16", pool(112, 128, 2, 2, 0)},
          {"vgg16", pool(56, 256, 2, 2, 0)},
          {"vgg16", pool(28, 512, 2, 2, 0)},
          {"vgg16", pool(14, 512, 2, 2, 0)},
          {"inception_v3", average}};
}

/// The operation that was recorded for a problem, on a GPU that is described.
struct Recorded {
  explicit Recorded(const PoolProblem& problem) : functions(cudnn.functions()) {
    const auto graph = PoolGraph::make({&functions, nullptr, nullptr}, problem);
    EXPECT_TRUE(graph.ok()) << graph.error().what;
    operations = cudnn.last(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR)
                     .all<const RecordedDescriptor*>(CUDNN_ATTR_OPERATIONGRAPH_OPS);
  }
  const RecordedDescriptor& window() const {
    return operations.at(0)->descriptor(CUDNN_ATTR_OPERATION_RESAMPLE_FWD_DESC);
  }
  const RecordedDescriptor& x() const { return operations.at(0)->descriptor(CUDNN_ATTR_OPERATION_RESAMPLE_FWD_XDESC); }
  const RecordedDescriptor& y() const { return operations.at(0)->descriptor(CUDNN_ATTR_OPERATION_RESAMPLE_FWD_YDESC); }

  RecordingCudnn cudnn;
  CudnnFunctions functions;
  std::vector<const RecordedDescriptor*> operations;
};

TEST(PoolGraph, StatesThePooling) {
  PoolProblem p;
  p.number = Number::Bf16;
  p.images = 2, p.channels = 16, p.height = 9, p.width = 11, p.out_height = 5, p.out_width = 6;
  p.kernel_h = 3, p.kernel_w = 5, p.stride_h = 2, p.stride_w = 1;
  p.pad_top = 1, p.pad_left = 2, p.pad_bottom = 3, p.pad_right = 4;
  p.x_pixel = 24, p.y_pixel = 40;
  const Recorded recorded(p);
  ASSERT_EQ(recorded.operations.size(), 1u);
  EXPECT_EQ(recorded.operations[0]->type, CUDNN_BACKEND_OPERATION_RESAMPLE_FWD_DESCRIPTOR);
  EXPECT_FALSE(recorded.operations[0]->has(CUDNN_ATTR_OPERATION_RESAMPLE_FWD_IDXDESC));
  const RecordedDescriptor& window = recorded.window();
  EXPECT_EQ(window.one<cudnnDataType_t>(CUDNN_ATTR_RESAMPLE_COMP_TYPE), CUDNN_DATA_FLOAT);
  EXPECT_EQ(window.one<int64_t>(CUDNN_ATTR_RESAMPLE_SPATIAL_DIMS), 2);
  EXPECT_THAT(window.all<int64_t>(CUDNN_ATTR_RESAMPLE_WINDOW_DIMS), ElementsAre(3, 5));
  EXPECT_THAT(window.all<int64_t>(CUDNN_ATTR_RESAMPLE_STRIDES), ElementsAre(2, 1));
  EXPECT_THAT(window.all<int64_t>(CUDNN_ATTR_RESAMPLE_PRE_PADDINGS), ElementsAre(1, 2));
  EXPECT_THAT(window.all<int64_t>(CUDNN_ATTR_RESAMPLE_POST_PADDINGS), ElementsAre(3, 4));
  const auto tensor = [](const RecordedDescriptor& t, int64_t id, std::vector<int64_t> shape, int64_t pixel) {
    EXPECT_EQ(t.one<int64_t>(CUDNN_ATTR_TENSOR_UNIQUE_ID), id);
    EXPECT_EQ(t.one<cudnnDataType_t>(CUDNN_ATTR_TENSOR_DATA_TYPE), CUDNN_DATA_BFLOAT16);
    EXPECT_EQ(t.all<int64_t>(CUDNN_ATTR_TENSOR_DIMENSIONS), shape);
    EXPECT_THAT(t.all<int64_t>(CUDNN_ATTR_TENSOR_STRIDES),
                ElementsAre(shape[2] * shape[3] * pixel, 1, shape[3] * pixel, pixel));
  };
  tensor(recorded.x(), input_id, {2, 16, 9, 11}, 24);
  tensor(recorded.y(), output_id, {2, 16, 5, 6}, 40);
}

TEST(PoolGraph, PadsWithWhatDoesNotCount) {
  const auto modes = [](PoolMode mode) {
    PoolProblem p = pool(8, 16, 2, 2, 1);
    p.mode = mode;
    const Recorded recorded(p);
    return std::pair(recorded.window().one<cudnnResampleMode_t>(CUDNN_ATTR_RESAMPLE_MODE),
                     recorded.window().one<cudnnPaddingMode_t>(CUDNN_ATTR_RESAMPLE_PADDING_MODE));
  };
  EXPECT_EQ(modes(PoolMode::Max), std::pair(CUDNN_RESAMPLE_MAXPOOL, CUDNN_NEG_INF_PAD));
  EXPECT_EQ(modes(PoolMode::AverageOfTaps), std::pair(CUDNN_RESAMPLE_AVGPOOL_EXCLUDE_PADDING, CUDNN_ZERO_PAD));
  EXPECT_EQ(modes(PoolMode::AverageOfWindow), std::pair(CUDNN_RESAMPLE_AVGPOOL_INCLUDE_PADDING, CUDNN_ZERO_PAD));
}

/// 16-byte aligned rows of channels in memory, as for convolutions.
TEST(PoolGraph, IsCanonicalInEveryNetwork) {
  for (const NetworkPool& p : network_pools()) {
    const Recorded recorded(p.problem);
    for (const RecordedDescriptor* tensor : {&recorded.x(), &recorded.y()}) {
      EXPECT_EQ(tensor->one<int64_t>(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT), 16);
      EXPECT_FALSE(tensor->one<bool>(CUDNN_ATTR_TENSOR_IS_VIRTUAL));
      EXPECT_EQ(tensor->all<int64_t>(CUDNN_ATTR_TENSOR_DIMENSIONS).at(1) % 8, 0);
      EXPECT_EQ(tensor->all<int64_t>(CUDNN_ATTR_TENSOR_STRIDES).at(1), 1);
      EXPECT_EQ(tensor->all<int64_t>(CUDNN_ATTR_TENSOR_STRIDES).at(3) % 8, 0);
    }
  }
}

/// cuDNN names engines that it would compile only where it can open the driver. The toolkit has a stub of that, which
/// is found by its name once it is loaded; with it heuristics answer, and the compiler runs, but nothing can be loaded.
bool has_driver() {
  static const bool loaded = dlopen("libcuda.so.1", RTLD_NOW) || dlopen(CNN_CUDA_STUBS "/libcuda.so", RTLD_NOW);
  return loaded;
}

class PoolEngines : public testing::Test {
 protected:
  void SetUp() override {
    const auto& library = cudnn_library();
    if (!library) GTEST_SKIP() << library.error().what;
    if (!has_driver()) GTEST_SKIP() << "neither libcuda.so.1 nor the toolkit's stub of it in " CNN_CUDA_STUBS;
    auto target = load_profile(library->functions, "h200");
    ASSERT_TRUE(target.ok()) << target.error().what;
    target_ = *target;
  }
  Result<std::vector<EngineConfig>> candidates(const PoolProblem& problem) const {
    CNN_TRY(graph, PoolGraph::make(target_, problem));
    return graph->candidates();
  }
  PlanningTarget target_{};
};

TEST_F(PoolEngines, AreNamedForEveryNetworkAndCompiledAtRunTime) {
  for (const NetworkPool& p : network_pools())
    for (const Number number : {Number::Fp16, Number::Bf16, Number::Fp32}) {
      PoolProblem problem = p.problem;
      problem.number = number;
      SCOPED_TRACE(std::string(p.network) + ", " + text_of(problem));
      const auto engines = candidates(problem);
      ASSERT_TRUE(engines.ok()) << engines.error().what;
      for (const EngineConfig& engine : *engines) EXPECT_TRUE(engine.compiled_at_run_time()) << engine.name;
    }
}

TEST_F(PoolEngines, AreNoneForTensorsWithGaps) {
  PoolProblem problem = pool(28, 64, 3, 1, 1);
  EXPECT_TRUE(candidates(problem).ok());
  for (auto pixel : {&PoolProblem::x_pixel, &PoolProblem::y_pixel}) {
    PoolProblem slice = problem;
    slice.*pixel = 96;
    const auto engines = candidates(slice);
    ASSERT_FALSE(engines.ok());
    EXPECT_EQ(engines.error().code, ErrorCode::Unsupported) << engines.error().what;
  }
}

/// A cuDNN with two engines that it compiles.
class PoolPlanner : public testing::Test {
 protected:
  void SetUp() override { cudnn_.engines = 2; }
  std::string algorithm(const PoolProblem& problem, bool timed = true) {
    const CudnnFunctions functions = cudnn_.functions();
    const auto target = PlanningTarget::described(functions, "{}");
    EXPECT_TRUE(target.ok());
    CudnnPlanner planner(*target, nullptr, PlanCache(folder_ / "", "machine"),
                         timed ? std::make_unique<ListTimer>(log_) : nullptr);
    const auto plan = planner.plan_pool(problem, own_);
    const int calls = log_.calls;
    planner.plan_pool(problem, own_);
    EXPECT_EQ(log_.calls, calls) << "a problem is timed once";
    return plan ? plan->algorithm() : own_.algorithm;
  }
  bool remembers() { return !std::filesystem::is_empty(folder_ / ""); }

  RecordingCudnn cudnn_;
  ListTimer::Log log_;
  TemporaryFolder folder_;
  OwnPool own_{"own", 0, {}};
  PoolProblem problem_ = pool(112, 64, 3, 2, 1);
};

TEST_F(PoolPlanner, TakesAnEngineThatIsFasterThanOurs) {
  log_.seconds = {1, 2};
  EXPECT_EQ(algorithm(problem_), "cudnn eng0");
  EXPECT_THAT(log_.engines, ElementsAre("eng0", "own"));
}

TEST_F(PoolPlanner, LeavesAPoolingToOursThatIsFaster) {
  log_.seconds = {2, 1};
  EXPECT_EQ(algorithm(problem_), "own");
}

TEST_F(PoolPlanner, LeavesAPoolingToOursWhereTheEngineDoesNotRun) {
  log_.seconds = {-1, 2};
  EXPECT_EQ(algorithm(problem_), "own");
  log_.seconds = {-1, -1};
  problem_.images = 9;
  EXPECT_EQ(algorithm(problem_), "own");
}

TEST_F(PoolPlanner, RemembersWhatWasFaster) {
  log_.seconds = {1, 2};
  algorithm(problem_);
  problem_.images = 16;
  log_.seconds = {2, 1};
  algorithm(problem_);
  EXPECT_EQ(log_.calls, 2);
  EXPECT_EQ(algorithm(problem_), "own");
  problem_.images = 8;
  EXPECT_EQ(algorithm(problem_), "cudnn eng0");
  EXPECT_EQ(log_.calls, 2);
}

TEST_F(PoolPlanner, TakesOursWithoutACompilerAndAsksAgainNextTime) {
  cudnn_.refused_to_finish = CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR;
  EXPECT_EQ(algorithm(problem_), "own");
  EXPECT_EQ(log_.calls, 0);
  EXPECT_FALSE(remembers());
  cudnn_.engines = 0;
  EXPECT_EQ(algorithm(problem_), "own");
  cudnn_.engines = 2, cudnn_.refused_to_finish = {};
  log_.seconds = {1, 2};
  EXPECT_EQ(algorithm(problem_), "cudnn eng0");
}

TEST_F(PoolPlanner, TakesOursWithoutATimer) {
  EXPECT_EQ(algorithm(problem_, false), "own");
  EXPECT_FALSE(remembers());
}

TEST_F(PoolPlanner, CompilesNothingForALaunch) {
  log_.seconds = {1, 2};
  const PoolProblem small = pool(7, 2048, 7, 1, 0);  // 1.6 MB of eight images
  EXPECT_EQ(algorithm(small), "cudnn eng0");
  PoolProblem smaller = small;
  smaller.images = 4;
  EXPECT_EQ(algorithm(smaller), "own");
  EXPECT_EQ(log_.calls, 1);
}

TEST(TextOfPoolProblem, TellsAllMembersApart) {
  std::vector<PoolProblem> all(1);
  const auto add = [&](auto member, auto value) { (all.emplace_back().*member) = value; };
  add(&PoolProblem::number, Number::Bf16);
  add(&PoolProblem::mode, PoolMode::AverageOfTaps);
  add(&PoolProblem::mode, PoolMode::AverageOfWindow);
  using P = PoolProblem;
  for (auto member :
       {&P::images, &P::channels, &P::height, &P::width, &P::out_height, &P::out_width, &P::kernel_h, &P::kernel_w,
        &P::stride_h, &P::stride_w, &P::pad_top, &P::pad_left, &P::pad_bottom, &P::pad_right, &P::x_pixel, &P::y_pixel})
    add(member, int64_t{77});
  std::vector<std::string> texts;
  for (const P& problem : all) texts.push_back(text_of(problem));
  std::sort(texts.begin(), texts.end());
  EXPECT_EQ(std::unique(texts.begin(), texts.end()), texts.end());
}

}  // namespace
}  // namespace cnn::test
