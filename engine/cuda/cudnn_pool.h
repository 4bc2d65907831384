// SPDX-License-Identifier: MIT
#pragma once

#include "engine/cuda/cudnn_operations.h"
#include "engine/cuda/pooling.h"

namespace cnn::cuda {

/// The one operation of a PoolProblem: cuDNN's resampling forward, without positions, in fp32 inside. All engines for
/// it are compiled at run time, see docs/gpu.md.
class PoolGraph final : public OperationGraph {
 public:
  static Result<std::shared_ptr<const PoolGraph>> make(const PlanningTarget& target, const PoolProblem& problem);

 private:
  explicit PoolGraph(const PlanningTarget& target) : OperationGraph(target) {}
  bool allows(const EngineConfig& config) const override { return is_precise(config); }
  Status build(const PoolProblem& problem);
};

}  // namespace cnn::cuda
