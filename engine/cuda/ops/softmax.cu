// SPDX-License-Identifier: MIT
#include "engine/ops/softmax.h"

#include "engine/cuda/gaps.cuh"
#include "engine/cuda/kernels/softmax.h"

namespace cnn::cuda {
namespace {

/// A tensor as [outer, extent, inner], inner ones neighbours: elements from one to the next of the first two.
struct LineSteps {
  int64_t outer, step;
};

Result<std::unique_ptr<Step>> plan_softmax(const PlanContext& context) {
  const auto& op = static_cast<const SoftmaxOp&>(context.op);
  const TensorDesc &input = *context.inputs[0], &output = context.outputs[0];
  const int rank = input.rank();
  int axis = static_cast<int>(op.axis() < 0 ? op.axis() + rank : op.axis()), end = axis + 1;
  if (op.as_matrix()) end = rank;
  const Shape extents = input.physical_shape();
  if (!op.as_matrix() && axis >= 0 && rank > 0) end = (axis = input.physical_axis(axis)) + 1;
  const auto count = [&](int from, int to) {
    int64_t product = 1;
    for (int i = std::max(0, from); i < std::min(to, rank); ++i) product *= extents[static_cast<size_t>(i)];
    return product;
  };
  const int64_t extent = axis < 0 ? 1 : count(axis, end), inner = count(end, rank),
                lines = extent ? count(0, axis) * inner : 0;
  if (lines >= int64_t{1} << 31 || extent >= int64_t{1} << 31) return context.unsupported("it is too large");
  // Pixels with gaps: lines are the channels of a pixel, or run across pixels, which is rare.
  const auto steps = [&](const TensorDesc& desc) {
    return LineSteps{inner == 1 && desc.channels_last() ? desc.pixel_step() : extent * inner, inner};
  };
  const bool gaps_across = inner > 1 && !(input.dense() && output.dense());
  if (gaps_across) return context.unsupported("its axis runs across pixels with gaps");
  const LineSteps x = steps(input), y = steps(output);
  return with_number(context.number, [&]<class T>(T) {
    return make_step(
        [=, kind = op.kind(), gaps = Gaps(output)](const StepArguments& a) -> Status {
          CNN_CHECK(gaps.fill(a.queue, a.output<T>(0)));
          const SoftmaxLines<T> f{kind,
                                  Divisor(std::max<int64_t>(1, inner)),
                                  static_cast<int>(extent),
                                  x.outer,
                                  x.step,
                                  y.outer,
                                  y.step,
                                  a.input<T>(0),
                                  a.output<T>(0)};
          return inner == 1 ? for_each_row(a.queue, lines, f) : for_each(a.queue, lines, RowAsItem<SoftmaxLines<T>>{f});
        },
        "lines");
  });
}

constexpr OpEntry entries[] = {{"Softmax", plan_softmax}, {"LogSoftmax", plan_softmax}, {"Hardmax", plan_softmax}};

}  // namespace

std::span<const OpEntry> softmax_entries() { return entries; }

}  // namespace cnn::cuda
