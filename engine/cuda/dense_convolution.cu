// SPDX-License-Identifier: MIT
#include "engine/cuda/dense_convolution.h"

#include "engine/cuda/kernels/elementwise.h"
#include "engine/cuda/kernels/functions.h"
#include "engine/cuda/launch.cuh"
#include "engine/cuda/loops.h"

namespace cnn::cuda {

Status activate_in_place(const Queue& queue, Number number, const Activation& f, void* y, int64_t pixels,
                         int64_t channels, int64_t step) {
  const Shape steps{step, 8};
  const auto loop = merged<2>({pixels, channels / 8}, {steps, steps});
  return with_number(number, [&]<class T>(T) {
    auto* address = static_cast<T*>(y);
    return for_each(queue, loop->count(),
                    ElementwiseEight<ActivationFunction, T, 1>{*loop, {f}, address, {address}, {false}});
  });
}

Result<std::optional<DenseConvolution>> DenseConvolution::plan(const PlanContext& context, ConvolutionProblem problem,
                                                               const Options& options, Scratch& scratch) {
  if (!context.convolutions || problem.images * problem.out_height * problem.out_width == 0)
    return std::optional<DenseConvolution>();
  DenseConvolution made;
  problem.number = context.number;
  problem.tf32 = context.tf32;
  problem.deterministic = context.deterministic;
  problem.relu = options.activation.kind == ActivationKind::Relu;
  if (!problem.relu) made.after_ = options.activation;
  made.problem_ = problem;
  auto planned = context.convolutions->plan(problem);
  if (!planned && planned.error().code == ErrorCode::Unsupported) return std::optional<DenseConvolution>();
  if (!planned) return planned.error();
  made.plan_ = std::move(*planned);
  CNN_TRY(weights, PackedInput::plan(context, 1, options.weights, scratch));
  CNN_TRY(bias,
          PackedInput::plan_vector(context, options.bias_index, problem.outputs, false, scratch, options.bias_factor));
  made.weights_ = weights;
  made.bias_ = bias;
  made.workspace_ = scratch.add(made.plan_->workspace_bytes());
  return std::optional<DenseConvolution>(std::move(made));
}

Status DenseConvolution::enqueue(const StepArguments& arguments, const void* x, const void* residual, void* y) const {
  CNN_CHECK(weights_.prepare(arguments));
  CNN_CHECK(bias_.prepare(arguments));
  CNN_CHECK(plan_->enqueue(
      {x, weights_.address(arguments), bias_.address(arguments), residual, y, arguments.scratch + workspace_},
      arguments.queue));
  if (after_.kind == ActivationKind::None) return {};
  return activate_in_place(arguments.queue, problem_.number, after_, y,
                           problem_.images * problem_.out_height * problem_.out_width, problem_.outputs,
                           problem_.y_pixel);
}

}  // namespace cnn::cuda
