// SPDX-License-Identifier: MIT
#include "engine/cuda/gaps.cuh"
#include "engine/cuda/kernels/norm.h"
#include "engine/cuda/loops.h"
#include "engine/ops/norm.h"

namespace cnn::cuda {
namespace {

using Kind = GroupStatisticsOp::Kind;

/// Extents and steps of x, y, scale and bias along the axes that number groups, or those inside of them.
struct Axes {
  Shape extents;
  std::array<Shape, 4> steps;
  void add(int64_t extent, const std::array<int64_t, 4>& by) {
    extents.push_back(extent);
    for (size_t i = 0; i < 4; ++i) steps[i].push_back(by[i]);
  }
};

GroupStatistics statistics_of(const GroupStatisticsOp& op) {
  switch (op.kind()) {
    case Kind::Rms: return GroupStatistics::Rms;
    case Kind::Lp: return op.options().p == 1 ? GroupStatistics::L1 : GroupStatistics::L2;
    case Kind::MeanVariance: return GroupStatistics::MeanDeviation;
    default: return GroupStatistics::MeanVariance;
  }
}

/// Parts the axes of input 0 (in the order of its memory, so that lanes read neighbours) into groups and insides.
void part_axes(const PlanContext& context, const GroupStatisticsOp& op, Axes& groups, Axes& inside) {
  const TensorDesc& x = *context.inputs[0];
  const Shape xs = x.strides(), ys = context.outputs[0].strides();
  const bool by_channel = op.kind() == Kind::Instance || op.kind() == Kind::Group;
  const bool by_group = op.options().scale_by_group;
  std::vector<int> order(static_cast<size_t>(x.rank()));
  for (int axis = 0; axis < x.rank(); ++axis) order[static_cast<size_t>(x.physical_axis(axis))] = axis;
  for (int axis : order) {
    const auto at = static_cast<size_t>(axis);
    if (by_channel && axis == 1) {
      const int64_t count = op.kind() == Kind::Instance ? std::max<int64_t>(1, x.shape[1]) : op.options().groups;
      const int64_t size = x.shape[1] / count, outer = by_group ? 1 : size;
      groups.add(count, {xs[1] * size, ys[1] * size, outer, outer});
      inside.add(size, {xs[1], ys[1], !by_group, !by_group});
      continue;
    }
    std::array<int64_t, 4> steps{xs[at], ys[at], 0, 0};
    for (size_t i = 1; !by_channel && i < 3; ++i) {
      if (!context.has_input(i)) continue;
      const int from = axis - (x.rank() - context.inputs[i]->rank());
      if (from >= 0 && context.inputs[i]->shape[static_cast<size_t>(from)] != 1)
        steps[i + 1] = context.inputs[i]->strides()[static_cast<size_t>(from)];
    }
    (op.normalises(axis, x.rank()) ? inside : groups).add(x.shape[at], steps);
  }
}

Result<std::unique_ptr<Step>> plan_group_statistics(const PlanContext& context) {
  const auto& op = static_cast<const GroupStatisticsOp&>(context.op);
  Axes group_axes, inside_axes;
  part_axes(context, op, group_axes, inside_axes);
  const auto groups = merged<4>(group_axes.extents, group_axes.steps),
             inside = merged<4>(inside_axes.extents, inside_axes.steps);
  if (!groups || !inside) return context.unsupported("it has too many axes");
  const int64_t count = inside->count(), rows = count ? groups->count() : 0;
  const float epsilon = op.kind() == Kind::MeanVariance ? 1e-9f : op.options().epsilon;
  const GroupMoments moments{statistics_of(op), epsilon, static_cast<float>(count)};
  // Dense rows: the same scale and bias for all, everything 16-byte aligned.
  const bool has[] = {true, true, context.has_input(1), context.has_input(2)};
  bool wide = count % 8 == 0 && inside->rank == 1 && groups->rank <= 1;
  for (int t = 0; t < 4 && wide; ++t) {
    const int64_t step = groups->rank ? groups->strides[t][0] : 0;
    wide = (!has[t] || inside->strides[t][0] == 1) && (t < 2 ? step % 8 == 0 : step == 0);
  }
  const bool statistics = op.kind() == Kind::Layer;
  return with_number(context.number, [&]<class T>(T) {
    return make_step(
        [=, groups = *groups, inside = *inside, scaled = has[2], shifted = has[3],
         gaps = Gaps(context.outputs[0])](const StepArguments& a) -> Status {
          const T* scale = scaled ? a.input<T>(1) : nullptr;
          const T* bias = shifted ? a.input<T>(2) : nullptr;
          T* means = statistics && a.outputs.size() > 1 ? a.output<T>(1) : nullptr;
          T* factors = statistics && a.outputs.size() > 2 ? a.output<T>(2) : nullptr;
          if (wide) {
            const int64_t x_step = groups.rank ? groups.strides[0][0] : 0,
                          y_step = groups.rank ? groups.strides[1][0] : 0;
            return for_each_row(a.queue, rows,
                                NormaliseRows<T>{count, x_step, y_step, moments, a.input<T>(0), scale, bias,
                                                 a.output<T>(0), means, factors});
          }
          CNN_CHECK(gaps.fill(a.queue, a.output<T>(0)));
          return for_each_row(a.queue, rows,
                              NormaliseGroups<T>{groups, inside, count, moments, a.input<T>(0), scale, bias,
                                                 a.output<T>(0), means, factors});
        },
        wide ? "rows by 8" : "groups");
  });
}

constexpr OpEntry entries[] = {
    {"InstanceNormalization", plan_group_statistics}, {"GroupNormalization", plan_group_statistics},
    {"LayerNormalization", plan_group_statistics},    {"RMSNormalization", plan_group_statistics},
    {"LpNormalization", plan_group_statistics},       {"MeanVarianceNormalization", plan_group_statistics}};

}  // namespace

std::span<const OpEntry> norm_groups_entries() { return entries; }

}  // namespace cnn::cuda
