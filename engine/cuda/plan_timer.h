// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/cuda/convolution.h"
#include "engine/cuda/cudnn_handle.h"
#include "engine/cuda/cudnn_plan.h"
#include "engine/cuda/device.h"

namespace cnn::cuda {

/// Measures engines. Used by one thread at a time.
class PlanTimer {
 public:
  virtual ~PlanTimer() = default;
  /// Seconds that one run of each engine takes, or the Error why it does not run.
  virtual std::vector<Result<double>> time(const ConvolutionProblem& problem, std::span<const ReadyEngine> engines) = 0;
  /// The same in the same way for a pooling; behind those of the engines stand the seconds of `own`.
  virtual std::vector<Result<double>> time(const PoolProblem& problem, std::span<const ReadyEngine> engines,
                                           const OwnPool& own) = 0;
};

/// Runs them in the device's queue, as a captured graph of runs on random tensors, which change from run to run so
/// that they do not come from a cache. Both arguments outlive it.
std::unique_ptr<PlanTimer> make_plan_timer(Device& device, CudnnHandle& handle);

}  // namespace cnn::cuda
