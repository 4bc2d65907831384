// SPDX-License-Identifier: MIT
#include "engine/cuda/timed_pool.h"

#include <algorithm>

namespace cnn::cuda {
namespace {

bool is_plain(const PoolAxis& a) {
  return a.dilation == 1 && a.pad_begin < a.kernel && a.pad_end < a.kernel &&
         a.out == (a.in + a.pad_begin + a.pad_end - a.kernel) / a.stride + 1;
}

}  // namespace

std::optional<PoolProblem> pool_problem(const PlanContext& context, std::span<const PoolAxis> axes, PoolMode mode,
                                        int64_t x_pixel) {
  const TensorDesc &input = *context.inputs[0], &output = context.outputs[0];
  if (axes.size() != 2 || input.count() == 0 || !std::all_of(axes.begin(), axes.end(), is_plain)) return {};
  const PoolAxis &h = axes[0], &w = axes[1];
  PoolProblem p;
  p.number = context.number;
  p.mode = mode;
  p.images = input.shape[0], p.channels = padded_channels(input);
  p.height = h.in, p.width = w.in, p.out_height = h.out, p.out_width = w.out;
  p.kernel_h = h.kernel, p.kernel_w = w.kernel, p.stride_h = h.stride, p.stride_w = w.stride;
  p.pad_top = h.pad_begin, p.pad_left = w.pad_begin, p.pad_bottom = h.pad_end, p.pad_right = w.pad_end;
  p.x_pixel = x_pixel, p.y_pixel = output.pixel_step();
  return p;
}

std::unique_ptr<Step> pool_step(const PlanContext& context, const PixelInput& x, Scratch scratch,
                                const std::optional<PoolProblem>& problem, OwnPool own) {
  std::shared_ptr<PoolPlan> plan;
  if (problem && context.convolutions && !context.deterministic) plan = context.convolutions->plan_pool(*problem, own);
  const size_t workspace = scratch.add(plan ? plan->workspace_bytes() : own.workspace_bytes);
  const std::string algorithm = plan ? plan->algorithm() : own.algorithm;
  return make_step(
      [=, own = std::move(own)](const StepArguments& a) -> Status {
        CNN_CHECK(x.prepare(a));
        const PoolAddresses addresses{x.address(a), a.output<void>(0), a.scratch + workspace};
        return plan ? plan->enqueue(addresses, a.queue) : own.enqueue(addresses, a.queue);
      },
      algorithm, scratch.bytes);
}

}  // namespace cnn::cuda
