// SPDX-License-Identifier: MIT
#include "engine/ops/resize.h"

#include "engine/cuda/gaps.cuh"
#include "engine/cuda/infos.h"
#include "engine/cuda/kernels/resize.h"

namespace cnn::cuda {
namespace {

/// The tables of an axis on the device.
Status place_tables(const PlanContext& context, const ResizeTaps& taps, TapAxis& axis) {
  std::vector<int32_t> indices(taps.indices.begin(), taps.indices.end());
  for (int64_t o = 0; !taps.outside.empty() && o < taps.out; ++o)
    if (taps.outside[static_cast<size_t>(o)]) indices[static_cast<size_t>(o * taps.count)] = -1;
  const Tensor table = tensor_of<int32_t>({static_cast<int64_t>(indices.size())}, std::span<const int32_t>(indices));
  const Tensor* source = &table;
  CNN_TRY(on_device, context.packed.plain(table));
  CNN_TRY(weights, context.packed.floats("taps", {&source, 1}, [&] { return taps.weights; }));
  axis.indices = reinterpret_cast<const int32_t*>(on_device);
  axis.weights = reinterpret_cast<const float*>(weights);
  axis.count = static_cast<int>(taps.count);
  return {};
}

template <class T, int width>
std::unique_ptr<Step> resize_step(const ResizeElements<T, width>& f, int64_t count, const TensorDesc& output) {
  return make_step(
      [f, count, gaps = Gaps(output)](const StepArguments& a) -> Status {
        CNN_CHECK(gaps.fill(a.queue, a.output<T>(0)));
        ResizeElements<T, width> placed = f;
        placed.x = a.input<T>(0);
        placed.y = a.output<T>(0);
        return for_each(a.queue, count, placed);
      },
      width == 8 ? "taps by 8" : "taps");
}

Result<std::unique_ptr<Step>> plan_resize(const PlanContext& context) {
  const auto& op = static_cast<const ResizeOp&>(context.op);
  const TensorDesc &from = *context.inputs[0], &to = context.outputs[0];
  if (from.dtype != DataType::Float32) return context.unsupported("it is not of floats");
  if (to.rank() > ResizeElements<float, 1>::max_rank || to.count() >= int64_t{1} << 31)
    return context.unsupported("its output is too large");
  CNN_TRY(taps, op.taps(infos_of(context)));
  const Shape source = from.strides(), target = to.strides();
  std::array<TapAxis, ResizeElements<float, 1>::max_rank> axes;
  int64_t all = 1;
  for (int i = 0; i < to.rank() && to.count() > 0; ++i) {
    const auto at = static_cast<size_t>(i);
    TapAxis& axis = axes[static_cast<size_t>(to.physical_axis(i))];
    axis.out = Divisor(to.shape[at]);
    axis.source = source[at];
    axis.target = target[at];
    if (taps[at].identity) continue;
    CNN_CHECK(place_tables(context, taps[at], axis));
    all *= taps[at].count;
  }
  if (all >= int64_t{1} << 31) return context.unsupported("its filter is too large");
  TapAxis* inner = to.rank() ? &axes[static_cast<size_t>(to.rank()) - 1] : nullptr;
  const bool wide = inner && !inner->indices && inner->out.divisor % 8 == 0 && inner->source == 1 && inner->target == 1;
  if (wide) {
    inner->out = Divisor(inner->out.divisor / 8);
    inner->source = inner->target = 8;
  }
  return with_number(context.number, [&]<class T>(T) -> std::unique_ptr<Step> {
    const auto filled = [&](auto f) {
      std::copy(axes.begin(), axes.end(), f.axes);
      f.rank = to.rank();
      f.taps = static_cast<int>(all);
      f.outside = op.sampling().extrapolation;
      return f;
    };
    if (wide) return resize_step(filled(ResizeElements<T, 8>{}), to.count() / 8, to);
    return resize_step(filled(ResizeElements<T, 1>{}), to.count(), to);
  });
}

constexpr OpEntry entries[] = {{"Resize", plan_resize}, {"Upsample", plan_resize}};

}  // namespace

std::span<const OpEntry> resize_entries() { return entries; }

}  // namespace cnn::cuda
