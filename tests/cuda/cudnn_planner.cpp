// SPDX-License-Identifier: MIT
#include "engine/cuda/cudnn_planner.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/cuda/list_timer.h"
#include "tests/cuda/planned_networks.h"
#include "tests/vision/temporary_folder.h"

namespace cnn::test {
namespace {

using namespace cuda;

/// cuDNN's own engines for an H200 that need not be there.
class Planner : public testing::Test {
 protected:
  void SetUp() override {
    const auto& library = cudnn_library();
    if (!library) GTEST_SKIP() << library.error().what;
    auto target = load_profile(library->functions, "h200");
    ASSERT_TRUE(target.ok()) << target.error().what;
    target_ = *target;
    problem_.images = 8, problem_.height = problem_.width = problem_.out_height = problem_.out_width = 28;
    problem_.channels = problem_.x_pixel = problem_.outputs = problem_.y_pixel = 64;
    problem_.kernel_h = problem_.kernel_w = 3;
    problem_.pad_top = problem_.pad_left = problem_.pad_bottom = problem_.pad_right = 1;
  }
  CudnnPlanner planner(const std::string& machine = "machine") {
    return {target_, nullptr, PlanCache(folder_ / "", machine), std::make_unique<ListTimer>(log_)};
  }
  std::string algorithm(CudnnPlanner planner) {
    const auto plan = planner.plan(problem_);
    return plan ? (*plan)->algorithm() : plan.error().what;
  }
  std::string engine(size_t i) const { return "cudnn " + log_.engines.at(i); }

  PlanningTarget target_{};
  ConvolutionProblem problem_;
  ListTimer::Log log_;
  TemporaryFolder folder_;
};

TEST_F(Planner, TakesTheFastestOfEightEngines) {
  log_.seconds = {5, 4, 2, 3};
  const std::string chosen = algorithm(planner());
  EXPECT_EQ(log_.engines.size(), 8u);
  EXPECT_EQ(chosen, engine(2));
}

TEST_F(Planner, PassesOverEnginesThatDoNotRun) {
  log_.seconds = {-1, 2, -1, -1, -1, -1, -1, 1.5};
  const std::string chosen = algorithm(planner());
  EXPECT_EQ(chosen, engine(7));
  log_.seconds.assign(8, -1);
  EXPECT_EQ(algorithm(planner("another")), "out of memory 0");
}

TEST_F(Planner, TimesAProblemOnce) {
  CudnnPlanner once = planner();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(once.plan(problem_).ok());
  EXPECT_EQ(log_.calls, 1);
  problem_.relu = true;
  EXPECT_TRUE(once.plan(problem_).ok());
  EXPECT_EQ(log_.calls, 2);
}

TEST_F(Planner, RemembersTheEngineInOtherProcessesButNotOnOtherMachines) {
  log_.seconds = {5, 4};
  const std::string chosen = algorithm(planner());
  log_.seconds.clear();
  EXPECT_EQ(algorithm(planner()), chosen);
  EXPECT_EQ(log_.calls, 1);
  EXPECT_NE(algorithm(planner("another driver")), chosen);
  EXPECT_EQ(log_.calls, 2);
}

TEST_F(Planner, ReplacesAStoredPlanThatCudnnRefuses) {
  const PlanCache cache(folder_ / "", "machine");
  for (const char* json : {"", "no json", "{}", "{\"engine\": 3}"}) {
    cache.store(text_of(problem_), {"eng99", json});
    log_.calls = 0;
    const std::string chosen = algorithm(planner());
    ASSERT_EQ(log_.calls, 1) << json;
    EXPECT_EQ(chosen, engine(0));
    EXPECT_NE(cache.find(text_of(problem_))->name, "eng99");
  }
}

TEST_F(Planner, TakesTheFirstEngineUntimedWhereResultsAreToBeTheSameInEveryRun) {
  problem_.deterministic = true;
  const std::string chosen = algorithm(planner());
  EXPECT_EQ(log_.calls, 0);
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / ""));
  problem_.deterministic = false;
  algorithm(planner());
  EXPECT_EQ(chosen, engine(0));
}

TEST_F(Planner, KeepsToThePrecisionAskedFor) {
  const auto tensor_core = [&](Number number, bool tf32) {
    problem_.number = number, problem_.tf32 = tf32;
    const auto engines = ready_engines(target_, problem_, timed_engines);
    EXPECT_TRUE(engines.ok()) << engines.error().what;
    return std::count_if(engines->begin(), engines->end(), [](const auto& e) { return e.config.tensor_core(); });
  };
  EXPECT_EQ(tensor_core(Number::Fp32, false), 0);
  EXPECT_GT(tensor_core(Number::Fp32, true), 0);
  EXPECT_GT(tensor_core(Number::Fp16, false), 0);
  EXPECT_GT(tensor_core(Number::Bf16, false), 0);
}

TEST_F(Planner, HasNoEngineOverTheCap) {
  // Most fp32 engines copy tensors; at 256 images that is more than 64 MiB.
  problem_.number = Number::Fp32, problem_.images = 256;
  const auto engines = ready_engines(target_, problem_, 100);
  ASSERT_TRUE(engines.ok());
  for (const ReadyEngine& engine : *engines) EXPECT_LE(engine.plan.workspace_bytes(), size_t{64} << 20);
  auto graph = ConvolutionGraph::make(target_, problem_);
  EXPECT_LT(engines->size(), (*graph)->candidates()->size());
}

TEST_F(Planner, ComparesTheFastestEnginesOfTwoProblems) {
  ConvolutionProblem other = problem_;
  other.relu = true;
  log_.seconds = {5, 1};
  for (const double slower : {1e-3, 0.0, -1e-3}) {  // the second problem that is timed
    log_.slower = slower, log_.calls = 0;
    const std::string machine = "machine " + std::to_string(slower);
    EXPECT_EQ(planner(machine).is_faster(problem_, other), slower > 0);
    EXPECT_EQ(planner(machine).is_faster(problem_, other), slower > 0);
    EXPECT_EQ(log_.calls, 2) << "what was found is remembered";
  }
  log_.seconds.assign(8, -1);
  EXPECT_FALSE(planner("another").is_faster(problem_, other));
  EXPECT_FALSE(CudnnPlanner(target_, nullptr, PlanCache("", ""), nullptr).is_faster(problem_, other));
}

TEST_F(Planner, SaysSoWhereNoEngineComputesTheProblem) {
  problem_.residual_pixel = 128;  // but y has 64
  const auto plan = planner().plan(problem_);
  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(plan.error().code, ErrorCode::Unsupported) << plan.error().what;
}

TEST_F(Planner, RestoresAPlanAsItWas) {
  const auto engines = ready_engines(target_, problem_, timed_engines);
  ASSERT_TRUE(engines.ok());
  for (const ReadyEngine& engine : *engines) {
    const auto restored = EnginePlan::restore(target_, engine.plan.json());
    ASSERT_TRUE(restored.ok()) << restored.error().what;
    EXPECT_EQ(restored->json(), engine.plan.json());
    EXPECT_EQ(restored->workspace_bytes(), engine.plan.workspace_bytes());
  }
}

TEST(MostWorkspace, LeavesRoomForCopiesOfTensorsWithGaps) {
  constexpr size_t cap = size_t{64} << 20;
  ConvolutionProblem p;
  p.images = 3, p.height = 5, p.width = 7, p.channels = 16, p.x_pixel = 16;
  p.out_height = 2, p.out_width = 4, p.outputs = 8, p.y_pixel = 8;
  EXPECT_EQ(most_workspace(p), cap);
  p.x_pixel = 24;
  EXPECT_EQ(most_workspace(p), cap + 3 * 5 * 7 * 16 * 2);
  p.x_pixel = 16, p.y_pixel = 16;
  EXPECT_EQ(most_workspace(p), cap + 3 * 2 * 4 * 8 * 2);
}

TEST(TextOfProblem, TellsAllMembersApart) {
  std::vector<ConvolutionProblem> all(1);
  const auto add = [&](auto member, auto value) { (all.emplace_back().*member) = value; };
  add(&ConvolutionProblem::number, Number::Bf16);
  for (auto member : {&ConvolutionProblem::tf32, &ConvolutionProblem::relu, &ConvolutionProblem::deterministic})
    add(member, true);
  using P = ConvolutionProblem;
  for (auto member :
       {&P::images,   &P::height,     &P::width,     &P::channels, &P::out_height, &P::out_width,     &P::outputs,
        &P::kernel_h, &P::kernel_w,   &P::stride_h,  &P::stride_w, &P::dilation_h, &P::dilation_w,    &P::pad_top,
        &P::pad_left, &P::pad_bottom, &P::pad_right, &P::x_pixel,  &P::y_pixel,    &P::residual_pixel, &P::groups})
    add(member, int64_t{77});
  std::vector<std::string> texts;
  for (const P& problem : all) texts.push_back(text_of(problem));
  std::sort(texts.begin(), texts.end());
  EXPECT_EQ(std::unique(texts.begin(), texts.end()), texts.end());
}

}  // namespace
}  // namespace cnn::test
