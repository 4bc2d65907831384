// SPDX-License-Identifier: MIT
#pragma once

#include "engine/cuda/convolution.h"
#include "engine/cuda/cudnn_operations.h"

namespace cnn::cuda {

/// Whether an engine computes `problem` as precisely as it asks: sums in fp32 and inputs as they are; without tf32 all
/// bits of fp32; the same result in every run, if it is to be deterministic.
bool is_allowed(const EngineConfig& config, const ConvolutionProblem& problem);

/// The operations of a ConvolutionProblem in the form for which cuDNN has its fast engines: convolution times 1, plus
/// residual, plus bias, ReLU; between them fp32 tensors that never reach memory. See docs/gpu.md.
class ConvolutionGraph final : public OperationGraph {
 public:
  static Result<std::shared_ptr<const ConvolutionGraph>> make(const PlanningTarget& target,
                                                              const ConvolutionProblem& problem);

 private:
  ConvolutionGraph(const PlanningTarget& target, const ConvolutionProblem& problem)
      : OperationGraph(target), problem_(problem) {}
  bool allows(const EngineConfig& config) const override { return is_allowed(config, problem_); }
  Status build();
  Result<const Descriptor*> convolution(const Descriptor& y);
  Result<const Descriptor*> pointwise(cudnnPointwiseMode_t mode, const Descriptor& x, const Descriptor* b,
                                      const Descriptor& y);

  ConvolutionProblem problem_;
};

}  // namespace cnn::cuda
