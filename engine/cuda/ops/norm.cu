// SPDX-License-Identifier: MIT
#include "engine/ops/norm.h"

#include <bit>

#include "engine/cuda/gaps.cuh"
#include "engine/cuda/kernels/norm.h"
#include "engine/cuda/loops.h"
#include "engine/cuda/packed_input.h"

namespace cnn::cuda {
namespace {

using Planned = Result<std::unique_ptr<Step>>;

/// factor, then summand, of constant statistics.
Result<const std::byte*> folded_constants(const PlanContext& context, float epsilon, int64_t channels) {
  std::array<const Tensor*, 4> sources{};
  for (size_t i = 0; i < 4; ++i) sources[i] = context.constant(i + 1);
  return context.packed.floats(
      "batch norm " + std::to_string(std::bit_cast<uint32_t>(epsilon)) + " " + std::to_string(channels), sources, [&] {
        DeviceConstants::Floats values;
        const auto of = [&](size_t i, int64_t c) { return static_cast<double>(sources[i]->data<float>()[c]); };
        const auto factor = [&](int64_t c) { return of(0, c) / std::sqrt(of(3, c) + epsilon); };
        for (int64_t c = 0; c < channels; ++c) values.push_back(static_cast<float>(factor(c)));
        for (int64_t c = 0; c < channels; ++c) values.push_back(static_cast<float>(of(1, c) - of(2, c) * factor(c)));
        return values;
      });
}

Planned plan_batch_norm(const PlanContext& context) {
  const auto& op = static_cast<const BatchNormOp&>(context.op);
  if (op.training()) return context.unsupported("it is in training");
  const TensorDesc &x = *context.inputs[0], &y = context.outputs[0];
  const int64_t channels = context.inputs[1]->count(), apart = (channels + 7) / 8 * 8;
  TensorDesc vector{DataType::Float32, context.inputs[1]->shape};
  if (op.spatial())
    for (int axis = 2; axis < x.rank(); ++axis) vector.shape.push_back(1);
  const auto loop = broadcast_loop<2>(y, {x, vector});
  if (!loop) return context.unsupported("it has too many axes");
  StridedLoop<3> eights = *loop;
  const bool wide = group_by_eight(eights) && eights.strides[2][eights.rank - 1] != 0;
  const std::byte* constants = nullptr;
  Scratch scratch;
  bool known = true;
  for (size_t i = 1; i < 5; ++i) known = known && context.constant(i);
  if (known) {
    CNN_TRY(folded, folded_constants(context, op.epsilon(), channels));
    constants = folded;
  }
  const size_t folded_at = known ? 0 : scratch.add(static_cast<size_t>(2 * apart) * sizeof(float));
  const int64_t summand_at = known ? channels : apart;
  if (wide && summand_at % 4 != 0) return context.unsupported("its channels are no multiple of 4");
  return with_number(context.number, [&]<class T>(T) {
    return make_step(
        [=, loop = *loop, epsilon = op.epsilon(), f = op.activation(),
         gaps = Gaps(y)](const StepArguments& a) -> Status {
          auto* factor = reinterpret_cast<float*>(a.scratch + folded_at);
          if (!constants)
            CNN_CHECK(for_each(a.queue, channels,
                               FoldStatistics<T>{a.input<T>(1), a.input<T>(2), a.input<T>(3), a.input<T>(4), epsilon,
                                                 factor, factor + summand_at}));
          const float* folded = constants ? reinterpret_cast<const float*>(constants) : factor;
          if (wide)
            return for_each(a.queue, eights.count(),
                            ChannelAffine<T, 8>{eights, f, a.output<T>(0), a.input<T>(0), folded, folded + summand_at});
          CNN_CHECK(gaps.fill(a.queue, a.output<T>(0)));
          return for_each(a.queue, loop.count(),
                          ChannelAffine<T, 1>{loop, f, a.output<T>(0), a.input<T>(0), folded, folded + summand_at});
        },
        "affine", scratch.bytes);
  });
}

Planned plan_lrn(const PlanContext& context) {
  const TensorDesc& y = context.outputs[0];
  Scratch scratch;
  if (y.rank() < 3) return context.unsupported("it has no pixels");
  CNN_TRY(x, PixelInput::plan(context, 0, scratch));
  if (!y.channels_last() || y.count() >= int64_t{1} << 31) return context.unsupported("its output is too large");
  return with_number(context.number, [&]<class T>(T) {
    return make_step(
        [=, parameters = static_cast<const LrnOp&>(context.op).parameters(), gaps = Gaps(y), count = y.count(),
         channels = Divisor(std::max<int64_t>(1, y.shape[1])),
         y_step = y.pixel_step()](const StepArguments& a) -> Status {
          CNN_CHECK(x.prepare(a));
          CNN_CHECK(gaps.fill(a.queue, a.output<T>(0)));
          return for_each(a.queue, count,
                          LocalResponse<T>{parameters, channels, static_cast<const T*>(x.address(a)), x.step(),
                                           a.output<T>(0), y_step});
        },
        "pixels", scratch.bytes);
  });
}

constexpr OpEntry entries[] = {{"BatchNormalization", plan_batch_norm}, {"LRN", plan_lrn}};

}  // namespace

std::span<const OpEntry> norm_entries() { return entries; }

}  // namespace cnn::cuda
