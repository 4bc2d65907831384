// SPDX-License-Identifier: MIT
#include "engine/ops/select.h"

#include "engine/cuda/kernels/select.h"
#include "engine/cuda/step.h"
#include "engine/ops/lines.h"

namespace cnn::cuda {
namespace {

using Planned = Result<std::unique_ptr<Step>>;

/// `value_output`: which output takes the values, -1: none; positions go to the one behind.
Planned plan_select(const PlanContext& context, int64_t stated_axis, SelectionOrder order, int64_t count,
                    int value_output) {
  const TensorDesc& x = *context.inputs[0];
  if (x.dtype != DataType::Float32) return context.unsupported("it is not of floats");
  const int axis = static_cast<int>(stated_axis < 0 ? stated_axis + x.rank() : stated_axis);
  const Lines lines(x.shape, axis);
  if (lines.extent >= int64_t{1} << 31 || lines.count >= int64_t{1} << 31)
    return context.unsupported("it is too large");
  return with_number(context.number, [&]<class T>(T) {
    return make_step(
        [=, inner = Divisor(std::max<int64_t>(1, lines.inner))](const StepArguments& a) {
          const auto index = static_cast<size_t>(value_output + 1);
          T* values = value_output < 0 ? nullptr : a.output<T>(0);
          int64_t* positions = index < a.outputs.size() ? a.output<int64_t>(index) : nullptr;
          const SelectFirst<T> f{
              order, inner, static_cast<int>(lines.extent), static_cast<int>(count), a.input<T>(0), values, positions};
          return lines.inner == 1 ? for_each_row(a.queue, lines.count, f)
                                  : for_each(a.queue, lines.count, RowAsItem<SelectFirst<T>>{f});
        },
        "selection");
  });
}

Planned plan_arg(const PlanContext& context) {
  const ArgOp::Settings& s = static_cast<const ArgOp&>(context.op).settings();
  return plan_select(context, s.axis, {s.largest, s.last_index}, 1, -1);
}

Planned plan_top_k(const PlanContext& context) {
  const TopKOp::Settings& s = static_cast<const TopKOp&>(context.op).settings();
  const int rank = context.inputs[0]->rank();
  const int64_t count = context.outputs[0].rank() == rank
                            ? context.outputs[0].shape[static_cast<size_t>(s.axis < 0 ? s.axis + rank : s.axis)]
                        : context.outputs.size() > 1
                            ? context.outputs[1].shape[static_cast<size_t>(s.axis < 0 ? s.axis + rank : s.axis)]
                            : 0;
  return plan_select(context, s.axis, {s.largest, false}, count, 0);
}

constexpr OpEntry entries[] = {{"ArgMax", plan_arg}, {"ArgMin", plan_arg}, {"TopK", plan_top_k}};

}  // namespace

std::span<const OpEntry> select_entries() { return entries; }

}  // namespace cnn::cuda
