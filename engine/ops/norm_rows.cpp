// SPDX-License-Identifier: MIT
#include "engine/kernels/norm_rows.h"

#include <algorithm>

#include "engine/ops/broadcast.h"
#include "engine/ops/norm.h"

namespace cnn {

std::unique_ptr<Step> GroupStatisticsOp::plan_rows(const PlanContext& context, const ElementwiseLoop& groups,
                                                   const ElementwiseLoop& inside) const {
  const bool has_scale = context.has_input(1), has_bias = context.has_input(2);
  if (inside.rank != 1 || inside.inner_stride(0) != 1 || inside.inner_stride(1) != 1 ||
      inside.inner_stride(2) != has_scale || inside.inner_stride(3) != has_bias)
    return nullptr;
  for (int axis = 0; axis < groups.rank; ++axis)
    if (groups.strides[2][axis] != 0 || groups.strides[3][axis] != 0) return nullptr;
  const size_t outputs = kind_ == Kind::Layer ? context.outputs.size() : 1;
  NormRows rows{inside.total(), nullptr, groups.inner_stride(0), nullptr, groups.inner_stride(1)};
  rows.epsilon = options_.epsilon;
  rows.centred = kind_ == Kind::Layer;
  return make_step(
      [=, addresses = OperandAddresses(context)](const StepArguments& arguments) {
        const float* x = addresses.get<float>(arguments, 0);
        float* y = arguments.output<float>(0);
        const int64_t at_once = 8192 / std::max<int64_t>(1, rows.columns) + 1;
        arguments.workers.parallel_for(groups.total(), at_once, [&](int64_t begin, int64_t end) {
          NormRows some = rows;
          if (has_scale) some.scale = addresses.get<float>(arguments, 1);
          if (has_bias) some.bias = addresses.get<float>(arguments, 2);
          int64_t row = begin;
          groups.for_range(begin, end, [&](const ElementwiseLoop::Offsets& at, int64_t n) {
            some.x = x + at[0];
            some.y = y + at[1];
            if (outputs > 1 && arguments.output<float>(1)) some.means = arguments.output<float>(1) + row;
            if (outputs > 2 && arguments.output<float>(2)) some.factors = arguments.output<float>(2) + row;
            normalise_rows(some, 0, n);
            row += n;
          });
        });
      },
      "vectors");
}

}  // namespace cnn
