// SPDX-License-Identifier: MIT
#include "engine/ops/reduce.h"

#include "engine/cuda/gaps.cuh"
#include "engine/cuda/infos.h"
#include "engine/cuda/kernels/reduce.h"
#include "engine/cuda/loops.h"
#include "engine/cuda/pixel_pool.h"

namespace cnn::cuda {
namespace {

/// The pooling that reduces all pixels of an image like `kind`.
std::optional<Pooled> pooled_as(ReduceKind kind) {
  switch (kind) {
    case ReduceKind::Mean: return Pooled{Pooling::Average};
    case ReduceKind::Max: return Pooled{Pooling::Max};
    case ReduceKind::L1: return Pooled{Pooling::Lp, 1};
    case ReduceKind::L2: return Pooled{Pooling::Lp, 2};
    default: return {};
  }
}

Result<std::unique_ptr<Step>> plan_reduce(const PlanContext& context) {
  const auto& op = static_cast<const ReduceOp&>(context.op);
  const TensorDesc &input = *context.inputs[0], &output = context.outputs[0];
  if (input.dtype != DataType::Float32) return context.unsupported("it is not of floats");
  CNN_TRY(is_reduced, op.reduced_axes(infos_of(context)));
  const size_t rank = is_reduced.size();
  bool all_pixels = rank > 2 && input.channels_last() && output.channels_last() && input.count() > 0;
  for (size_t axis = 0; axis < rank; ++axis) all_pixels = all_pixels && is_reduced[axis] == (axis >= 2);
  if (const auto pooled = pooled_as(op.kind()); pooled && all_pixels) return plan_pixel_pool(context, *pooled);
  std::vector<size_t> order(rank);
  for (size_t axis = 0; axis < rank; ++axis)
    order[static_cast<size_t>(input.physical_axis(static_cast<int>(axis)))] = axis;
  const Shape xs = input.strides(), ys = output.strides();
  Shape kept, reduced, kept_x, kept_y, reduced_x;
  for (size_t axis : order) {
    if (is_reduced[axis]) {
      reduced.push_back(input.shape[axis]);
      reduced_x.push_back(xs[axis]);
      continue;
    }
    const auto before =
        static_cast<size_t>(std::count(is_reduced.begin(), is_reduced.begin() + static_cast<int64_t>(axis), true));
    kept.push_back(input.shape[axis]);
    kept_x.push_back(xs[axis]);
    kept_y.push_back(ys[op.keep_dims() ? axis : axis - before]);
  }
  const auto outside = merged<2>(kept, {kept_y, kept_x});
  const auto inside = merged<1>(reduced, {reduced_x});
  if (!outside || !inside) return context.unsupported("it has too many axes");
  const int64_t rows = outside->count(), count = inside->count();
  // Lanes share a row where they read neighbours, or where there are few rows.
  const bool lanes = (inside->rank > 0 && inside->strides[0][inside->rank - 1] == 1) || rows < 4096;
  return with_number(context.number, [&]<class T>(T) {
    return make_step(
        [=, kind = op.kind(), outside = *outside, inside = *inside,
         gaps = Gaps(output)](const StepArguments& a) -> Status {
          CNN_CHECK(gaps.fill(a.queue, a.output<T>(0)));
          const ReduceRows<T> f{kind, outside, inside, count, a.input<T>(0), a.output<T>(0)};
          return lanes ? for_each_row(a.queue, rows, f) : for_each(a.queue, rows, RowAsItem<ReduceRows<T>>{f});
        },
        "rows");
  });
}

constexpr OpEntry entries[] = {{"ReduceSum", plan_reduce},       {"ReduceMean", plan_reduce},
                               {"ReduceMax", plan_reduce},       {"ReduceMin", plan_reduce},
                               {"ReduceProd", plan_reduce},      {"ReduceL1", plan_reduce},
                               {"ReduceL2", plan_reduce},        {"ReduceLogSum", plan_reduce},
                               {"ReduceLogSumExp", plan_reduce}, {"ReduceSumSquare", plan_reduce}};

}  // namespace

std::span<const OpEntry> reduce_entries() { return entries; }

}  // namespace cnn::cuda
