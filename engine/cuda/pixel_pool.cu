// SPDX-License-Identifier: MIT
#include "engine/cuda/pixel_pool.h"

#include "engine/cuda/timed_pool.h"

namespace cnn::cuda {

Result<std::unique_ptr<Step>> plan_pixel_pool(const PlanContext& context, Pooled pooled) {
  const TensorDesc& input = *context.inputs[0];
  Scratch scratch;
  CNN_TRY(x, PixelInput::plan(context, 0, scratch));
  const int64_t images = input.shape[0], channels = padded_channels(input), blocks = channels / 8,
                groups = (blocks + 3) / 4;
  const int64_t pixels = input.count() == 0 ? 0 : input.count() / images / input.shape[1];
  // Few rows would leave most of the GPU idle: large maps are pooled in parts, whose results are pooled again.
  constexpr int64_t enough = 2048, least = 64;
  const int64_t chunks = std::max<int64_t>(1, std::min(enough / std::max<int64_t>(1, images * groups), pixels / least));
  if (images * chunks * groups >= int64_t{1} << 31) return context.unsupported("its input is too large");
  const auto count = static_cast<float>(std::max<int64_t>(1, pixels));
  const Divisor by_group(std::max<int64_t>(1, groups));
  const int64_t x_step = x.step(), y_step = context.outputs[0].pixel_step();
  OwnPool own;
  own.algorithm = chunks == 1 ? "pool of pixels" : "pool of pixels in parts";
  own.workspace_bytes = chunks == 1 ? 0 : static_cast<size_t>(images * chunks * channels) * sizeof(float);
  own.enqueue = with_number(context.number, [&]<class T>(T) -> decltype(own.enqueue) {
    return [=, blocks = static_cast<int>(blocks)](const PoolAddresses& a, const Queue& queue) -> Status {
      const auto* from = static_cast<const T*>(a.x);
      auto* to = static_cast<T*>(a.y);
      if (chunks == 1)
        return for_each_row(
            queue, images * groups,
            PoolPixels<T, T>{by_group, Divisor(1), blocks, pixels, pixels, count, pooled, from, x_step, to, y_step});
      auto* sums = static_cast<float*>(a.workspace);
      Pooled first = pooled, second = pooled;
      first.finishes = false;
      second.powers = false;
      CNN_CHECK(
          for_each_row(queue, images * chunks * groups,
                       PoolPixels<T, float>{by_group, Divisor(chunks), blocks, pixels, (pixels + chunks - 1) / chunks,
                                            count, first, from, x_step, sums, channels}));
      return for_each_row(queue, images * groups,
                          PoolPixels<float, T>{by_group, Divisor(1), blocks, chunks, chunks, count, second, sums,
                                               channels, to, y_step});
    };
  });
  std::vector<PoolAxis> axes;
  for (size_t axis = 2; axis < input.shape.size(); ++axis)
    axes.push_back({.in = input.shape[axis], .out = 1, .kernel = input.shape[axis]});
  std::optional<PoolProblem> problem;
  if (pooled.kind != Pooling::Lp)
    problem =
        pool_problem(context, axes, pooled.kind == Pooling::Max ? PoolMode::Max : PoolMode::AverageOfTaps, x_step);
  return pool_step(context, x, scratch, problem, std::move(own));
}

}  // namespace cnn::cuda
