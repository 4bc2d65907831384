// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <string>

#include "engine/cuda/convolution.h"
#include "engine/cuda/cudnn_graph.h"
#include "engine/cuda/cudnn_plan.h"
#include "engine/cuda/device.h"
#include "engine/cuda/plan_cache.h"
#include "engine/cuda/plan_timer.h"

namespace cnn::cuda {

/// Success where cuDNN can be used, else BackendUnavailable with the reason, see load_cudnn().
Status check_cudnn();
/// Plans by cuDNN's heuristics and timing for `device`, in whose queue plans run and which outlives the planner and its
/// plans. What was found lies in plan_cache_folder().
Result<std::unique_ptr<ConvolutionPlanner>> open_cudnn(Device& device);

/// All of a problem in one line: "fp16 x 1x56x56x64/64 ...".
std::string text_of(const ConvolutionProblem& problem);
/// "pool fp16 max 1x112x112x64/64 ..."
std::string text_of(const PoolProblem& problem);
/// The workspace that a plan may take: 64 MiB, and what cuDNN needs to copy tensors whose pixels have gaps.
size_t most_workspace(const ConvolutionProblem& problem);
/// The engines that are timed: the first `most` candidates of the heuristics that can be made ready and are under
/// most_workspace(); at least one, or Unsupported.
Result<std::vector<ReadyEngine>> ready_engines(const PlanningTarget& target, const ConvolutionProblem& problem,
                                               size_t most);
Result<std::vector<ReadyEngine>> ready_engines(const PlanningTarget& target, const PoolProblem& problem, size_t most);
constexpr size_t timed_engines = 8;
/// Of poolings the first engine only: each is compiled, which takes 0.3 s.
constexpr size_t timed_pool_engines = 1;

/// Takes the fastest of ready_engines(), or the first, untimed, if the problem is to be computed deterministically.
class CudnnPlanner final : public ConvolutionPlanner {
 public:
  /// `timer` null: the first engine is taken. `handle` may be null where plans do not run.
  CudnnPlanner(PlanningTarget target, std::shared_ptr<CudnnHandle> handle, PlanCache cache,
               std::unique_ptr<PlanTimer> timer)
      : target_(std::move(target)), handle_(std::move(handle)), cache_(std::move(cache)), timer_(std::move(timer)) {}

  Result<std::unique_ptr<ConvolutionPlan>> plan(const ConvolutionProblem& problem) override;
  /// By the times of the fastest engines, or as it was found before.
  bool is_faster(const ConvolutionProblem& problem, const ConvolutionProblem& other) override;
  /// An engine where it proves faster than `own`. Null without a timer, and where cuDNN has no engine or cannot compile
  /// one.
  std::unique_ptr<PoolPlan> plan_pool(const PoolProblem& problem, const OwnPool& own) override;

 private:
  struct Chosen {
    std::string name;
    EnginePlan plan;
  };
  template <class Plan, class Addresses>
  class ByEngine;
  Result<double> seconds(const ConvolutionProblem& problem) const;
  std::shared_ptr<const Chosen> choose(const PoolProblem& problem, const OwnPool& own) const;
  Result<Chosen> choose(const ConvolutionProblem& problem) const;

  PlanningTarget target_;
  std::shared_ptr<CudnnHandle> handle_;
  PlanCache cache_;
  std::unique_ptr<PlanTimer> timer_;
  std::map<std::string, std::shared_ptr<const Chosen>> chosen_;
  std::map<std::string, std::shared_ptr<const Chosen>> chosen_pools_;  ///< null: own
};

}  // namespace cnn::cuda
