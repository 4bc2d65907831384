// SPDX-License-Identifier: MIT
#include "engine/cuda/pixel_pool.h"

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
  const size_t parts = chunks > 1 ? scratch.add(static_cast<size_t>(images * chunks * channels) * sizeof(float)) : 0;
  const auto count = static_cast<float>(std::max<int64_t>(1, pixels));
  const Divisor by_group(std::max<int64_t>(1, groups));
  return with_number(context.number, [&]<class T>(T) {
    return make_step(
        [=, blocks = static_cast<int>(blocks),
         y_step = context.outputs[0].pixel_step()](const StepArguments& a) -> Status {
          CNN_CHECK(x.prepare(a));
          const T* from = static_cast<const T*>(x.address(a));
          if (chunks == 1)
            return for_each_row(a.queue, images * groups,
                                PoolPixels<T, T>{by_group, Divisor(1), blocks, pixels, pixels, count, pooled, from,
                                                 x.step(), a.output<T>(0), y_step});
          auto* sums = reinterpret_cast<float*>(a.scratch + parts);
          Pooled first = pooled, second = pooled;
          first.finishes = false;
          second.powers = false;
          CNN_CHECK(for_each_row(
              a.queue, images * chunks * groups,
              PoolPixels<T, float>{by_group, Divisor(chunks), blocks, pixels, (pixels + chunks - 1) / chunks, count,
                                   first, from, x.step(), sums, channels}));
          return for_each_row(a.queue, images * groups,
                              PoolPixels<float, T>{by_group, Divisor(1), blocks, chunks, chunks, count, second, sums,
                                                   channels, a.output<T>(0), y_step});
        },
        chunks == 1 ? "pool of pixels" : "pool of pixels in parts", scratch.bytes);
  });
}

}  // namespace cnn::cuda
