// SPDX-License-Identifier: MIT
#pragma once

#include "engine/cuda/gaps.cuh"
#include "engine/cuda/kernels/elementwise.h"
#include "engine/cuda/loops.h"
#include "engine/cuda/step.h"

namespace cnn::cuda {

/// y = f(operands) element by element on Float32; operand i is described by `operands[i]` and comes from input
/// `from[i]`, or, where that is -1, from output 0, to which the result goes. F::makes_bool says of which type that is,
/// F::by_eights whether f is worth a kernel that moves 8 elements at a time.
template <class F, size_t inputs>
Result<std::unique_ptr<Step>> plan_elementwise(const PlanContext& context, const F& f,
                                               const std::array<TensorDesc, inputs>& operands,
                                               const std::array<int, inputs>& from) {
  constexpr int count = static_cast<int>(inputs);
  const TensorDesc& output = context.outputs[0];
  auto loop = broadcast_loop(output, operands);
  if (!loop) return context.unsupported("its operands have too many axes");
  StridedLoop<count + 1> eights = *loop;
  const bool wide = F::by_eights && output.dtype == DataType::Float32 && group_by_eight(eights);
  return with_number(context.number, [&]<class T>(T) -> std::unique_ptr<Step> {
    const auto address = [from](const StepArguments& a, int i) {
      return from[static_cast<size_t>(i)] < 0 ? a.output<T>(0)
                                              : a.input<T>(static_cast<size_t>(from[static_cast<size_t>(i)]));
    };
    if constexpr (F::by_eights)
      if (wide)
        return make_step(
            [=](const StepArguments& a) {
              ElementwiseEight<F, T, count> kernel{eights, f, a.output<T>(0), {}, {}};
              for (int i = 0; i < count; ++i) {
                kernel.x[i] = address(a, i);
                kernel.repeats[i] = eights.strides[i + 1][eights.rank - 1] == 0;
              }
              return for_each(a.queue, eights.count(), kernel);
            },
            "elementwise by 8");
    const auto scalar = [&]<class Out>(Out) {
      return make_step(
          [=, loop = *loop, gaps = Gaps(output)](const StepArguments& a) -> Status {
            if (from[0] >= 0) CNN_CHECK(gaps.fill(a.queue, a.output<Out>(0)));
            Elementwise<F, Out, T, count> kernel{loop, f, a.output<Out>(0), {}};
            for (int i = 0; i < count; ++i) kernel.x[i] = address(a, i);
            return for_each(a.queue, loop.count(), kernel);
          },
          "elementwise");
    };
    if constexpr (F::makes_bool)
      return scalar(bool{});
    else
      return scalar(T{});
  });
}

}  // namespace cnn::cuda
