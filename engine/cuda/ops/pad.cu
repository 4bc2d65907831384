// SPDX-License-Identifier: MIT
#include "engine/ops/pad.h"

#include "engine/cuda/gaps.cuh"
#include "engine/cuda/infos.h"
#include "engine/cuda/kernels/pad.h"

namespace cnn::cuda {
namespace {

Padding padding(PadOp::Mode mode) {
  switch (mode) {
    case PadOp::Mode::Reflect: return Padding::Reflect;
    case PadOp::Mode::Edge: return Padding::Edge;
    case PadOp::Mode::Wrap: return Padding::Wrap;
    default: return Padding::Constant;
  }
}

template <class T>
Result<std::unique_ptr<Step>> plan_elements(const PlanContext& context, const PadOp& op) {
  const TensorDesc &from = *context.inputs[0], &to = context.outputs[0];
  CNN_TRY(margins, op.margins(infos_of(context)));
  PadElements<T> f{};
  f.rank = to.rank();
  f.mode = padding(op.mode());
  const Shape source = from.strides(), target = to.strides();
  int64_t offset = 0;
  for (int axis = 0; axis < f.rank; ++axis) {
    const auto at = static_cast<size_t>(axis);
    const auto [before, after] = margins[at];
    const int64_t extent = from.shape[at] + std::min<int64_t>(before, 0) + std::min<int64_t>(after, 0);
    f.axes[to.physical_axis(axis)] = {Divisor(std::max<int64_t>(1, to.shape[at])),
                                      static_cast<int>(std::max<int64_t>(before, 0)), static_cast<int>(extent),
                                      source[at], target[at]};
    offset += std::max<int64_t>(-before, 0) * source[at];
  }
  f.value = from_float<T>(op.value());
  if (const Tensor* constant = context.constant(2)) f.value = from_float<T>(constant->values<float>()[0]);
  const bool computed = context.has_input(2) && !context.constant(2);
  return make_step(
      [=, count = to.count(), gaps = Gaps(to)](const StepArguments& a) -> Status {
        CNN_CHECK(gaps.fill(a.queue, a.output<T>(0)));
        PadElements<T> placed = f;
        placed.x = a.input<T>(0) + offset;
        placed.y = a.output<T>(0);
        placed.value_at = computed ? a.input<T>(2) : nullptr;
        return for_each(a.queue, count, placed);
      },
      "pad");
}

Result<std::unique_ptr<Step>> plan_pad(const PlanContext& context) {
  const TensorDesc &from = *context.inputs[0], &to = context.outputs[0];
  if (from.dtype != DataType::Float32) return context.unsupported("it is not of floats");
  if (to.rank() > PadElements<float>::max_rank || to.count() >= int64_t{1} << 31)
    return context.unsupported("its output is too large");
  return with_number(context.number,
                     [&]<class T>(T) { return plan_elements<T>(context, static_cast<const PadOp&>(context.op)); });
}

constexpr OpEntry entries[] = {{"Pad", plan_pad}};

}  // namespace

std::span<const OpEntry> pad_entries() { return entries; }

}  // namespace cnn::cuda
