// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "engine/cuda/convolution.h"
#include "engine/cuda/cudnn_operations.h"

namespace cnn::cuda {

/// An engine made ready to run. Keeps alive what it was made from.
class EnginePlan {
 public:
  /// Unsupported where the engine cannot compute the problem after all.
  static Result<EnginePlan> make(std::shared_ptr<const OperationGraph> graph, const EngineConfig& config);
  /// From json() of an earlier one, for the same GPU, driver and version of cuDNN.
  static Result<EnginePlan> restore(const PlanningTarget& target, const std::string& json);

  size_t workspace_bytes() const { return workspace_bytes_; }
  /// cuDNN's own text of the plan, 2 to 3 KB; empty where it has none.
  std::string json() const;
  /// Puts the problem into the stream of `handle`.
  Status execute(cudnnHandle_t handle, const ConvolutionAddresses& addresses) const;
  Status execute(cudnnHandle_t handle, const PoolAddresses& addresses) const;

 private:
  EnginePlan(const CudnnFunctions& cudnn) : cudnn_(&cudnn), plan_(cudnn, CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR) {}
  Status finalize();
  /// `tensors` are parallel to `ids`.
  Status execute(cudnnHandle_t handle, std::span<const int64_t> ids, std::span<const void* const> tensors,
                 void* workspace) const;

  const CudnnFunctions* cudnn_;
  std::shared_ptr<const OperationGraph> graph_;
  std::shared_ptr<const Descriptor> config_;
  Descriptor plan_;
  size_t workspace_bytes_ = 0;
};

struct ReadyEngine {
  EngineConfig config;
  EnginePlan plan;
};

}  // namespace cnn::cuda
