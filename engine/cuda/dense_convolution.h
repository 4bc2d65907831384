// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "engine/cuda/packed_input.h"
#include "engine/kernels/activation.h"

namespace cnn::cuda {

/// A convolution by context.convolutions: Relu in the plan, other activations in place behind it.
class DenseConvolution {
 public:
  struct Options {
    size_t bias_index = 2;
    float bias_factor = 1;
    PackedInput::Form weights;  ///< of input 1
    Activation activation;
  };
  /// Nothing where there is no planner or no engine for the problem. `problem` without relu and deterministic.
  static Result<std::optional<DenseConvolution>> plan(const PlanContext& context, ConvolutionProblem problem,
                                                      const Options& options, Scratch& scratch);

  std::string algorithm() const { return plan_->algorithm(); }
  Status enqueue(const StepArguments& arguments, const void* x, const void* residual, void* y) const;

 private:
  ConvolutionProblem problem_;
  Activation after_;
  std::shared_ptr<ConvolutionPlan> plan_;
  PackedInput weights_, bias_;
  size_t workspace_ = 0;
};

/// y = f(y) for `pixels` of `channels` elements (a multiple of 8), `step` elements apart.
Status activate_in_place(const Queue& queue, Number number, const Activation& f, void* y, int64_t pixels,
                         int64_t channels, int64_t step);

}  // namespace cnn::cuda
