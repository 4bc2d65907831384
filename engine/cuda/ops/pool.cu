// SPDX-License-Identifier: MIT
#include "engine/ops/pool.h"

#include "engine/cuda/gaps.cuh"
#include "engine/cuda/pixel_pool.h"
#include "engine/cuda/timed_pool.h"
#include "engine/cuda/windows.h"

namespace cnn::cuda {
namespace {

using Planned = Result<std::unique_ptr<Step>>;

Pooling pooling(PoolOp::Kind kind) {
  return kind == PoolOp::Kind::Max ? Pooling::Max : kind == PoolOp::Kind::Average ? Pooling::Average : Pooling::Lp;
}

PoolMode mode_of(const PoolOp& op) {
  if (op.kind() == PoolOp::Kind::Max) return PoolMode::Max;
  return op.options().count_include_pad ? PoolMode::AverageOfWindow : PoolMode::AverageOfTaps;
}

bool covers_all(std::span<const PoolAxis> axes) {
  return std::all_of(axes.begin(), axes.end(), [](const PoolAxis& a) {
    return a.out == 1 && a.kernel == a.in && a.dilation == 1 && a.pad_begin == 0 && a.pad_end == 0;
  });
}

Planned plan_positions(const PlanContext& context, const std::array<WindowAxis, 3>& axes, bool column_major) {
  const TensorDesc &input = *context.inputs[0], &output = context.outputs[0], &indices = context.outputs[1];
  const int64_t channels = input.shape[1];
  CNN_TRY(items, pixel_blocks(context, axes, channels, input.shape[0]));
  Scratch scratch;
  CNN_TRY(x, PixelInput::plan(context, 0, scratch));
  const Shape strides = indices.strides();
  return with_number(context.number, [&]<class T>(T) {
    return make_step(
        [=, count = output.count(), gaps = Gaps(output),
         y_step = output.pixel_step()](const StepArguments& a) -> Status {
          CNN_CHECK(x.prepare(a));
          CNN_CHECK(gaps.fill(a.queue, a.output<T>(0)));
          return for_each(a.queue, count,
                          PoolPositions<T>{items,
                                           {axes[0], axes[1], axes[2]},
                                           column_major,
                                           static_cast<const T*>(x.address(a)),
                                           x.step(),
                                           a.output<T>(0),
                                           y_step,
                                           a.output<int64_t>(1),
                                           strides.back(),
                                           strides[1],
                                           strides[0]});
        },
        "max pool with positions", scratch.bytes);
  });
}

Planned plan_pool(const PlanContext& context) {
  const auto& op = static_cast<const PoolOp&>(context.op);
  const TensorDesc &input = *context.inputs[0], &output = context.outputs[0];
  if (input.dtype != DataType::Float32) return context.unsupported("it is not of floats");
  if (!output.channels_last()) return context.unsupported("its output is not in the layout of pixels");
  CNN_TRY(window, op.window().axes(input.shape));
  Pooled pooled;
  pooled.kind = pooling(op.kind());
  pooled.p = static_cast<float>(op.options().p);
  const bool positions = op.options().wants_indices && context.outputs.size() > 1 && context.outputs[1].rank() > 0;
  if (!positions && covers_all(window)) return plan_pixel_pool(context, pooled);
  CNN_TRY(axes, window_axes(context, window));
  if (positions) return plan_positions(context, axes, op.options().column_major);
  const int64_t blocks = padded_channels(input) / 8;
  CNN_TRY(items, pixel_blocks(context, axes, blocks, input.shape[0]));
  Scratch scratch;
  CNN_TRY(x, PixelInput::plan(context, 0, scratch));
  const int64_t count = input.shape[0] * axes[0].out * axes[1].out * axes[2].out * blocks;
  const bool include = op.options().count_include_pad;
  const int64_t x_step = x.step(), y_step = output.pixel_step();
  OwnPool own;
  own.algorithm = pooled.kind == Pooling::Max ? "max pool" : "pool";
  own.enqueue = with_number(context.number, [&]<class T>(T) -> decltype(own.enqueue) {
    return [=](const PoolAddresses& a, const Queue& queue) {
      return for_each(queue, count,
                      PoolWindows<T>{items,
                                     {axes[0], axes[1], axes[2]},
                                     pooled,
                                     include,
                                     static_cast<const T*>(a.x),
                                     x_step,
                                     static_cast<T*>(a.y),
                                     y_step});
    };
  });
  std::optional<PoolProblem> problem;
  if (pooled.kind != Pooling::Lp) problem = pool_problem(context, window, mode_of(op), x_step);
  return pool_step(context, x, scratch, problem, std::move(own));
}

constexpr OpEntry entries[] = {
    {"MaxPool", plan_pool},       {"AveragePool", plan_pool},       {"LpPool", plan_pool},
    {"GlobalMaxPool", plan_pool}, {"GlobalAveragePool", plan_pool}, {"GlobalLpPool", plan_pool}};

}  // namespace

std::span<const OpEntry> pool_entries() { return entries; }

}  // namespace cnn::cuda
