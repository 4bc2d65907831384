// SPDX-License-Identifier: MIT
#include "engine/ops/arithmetic.h"

#include "engine/cuda/elementwise.cuh"
#include "engine/cuda/kernels/functions.h"
#include "engine/cuda/lined_up.h"
#include "engine/ops/compare.h"

namespace cnn::cuda {
namespace {

using Planned = Result<std::unique_ptr<Step>>;

PairKind pair_kind(const ArithmeticOp& op) {
  switch (op.kind()) {
    case ArithmeticKind::Sub: return PairKind::Sub;
    case ArithmeticKind::Mul: return PairKind::Mul;
    case ArithmeticKind::Div: return PairKind::Div;
    case ArithmeticKind::Min: return PairKind::Min;
    case ArithmeticKind::Max: return PairKind::Max;
    case ArithmeticKind::Pow: return PairKind::Pow;
    case ArithmeticKind::Mod: return op.flag() ? PairKind::Mod : PairKind::FlooredMod;
    default: return PairKind::Add;
  }
}

Status need_floats(const PlanContext& context) {
  for (const TensorDesc* input : context.inputs)
    if (input && input->dtype != DataType::Float32) return context.unsupported("it is not of floats");
  return {};
}

/// Steps one after the other on the same addresses.
Planned in_turn(std::vector<std::unique_ptr<Step>> steps) {
  if (steps.size() == 1) return std::move(steps[0]);
  auto shared = std::make_shared<std::vector<std::unique_ptr<Step>>>(std::move(steps));
  return make_step(
      [shared](const StepArguments& a) -> Status {
        for (const auto& step : *shared) CNN_CHECK(step->enqueue(a));
        return {};
      },
      (*shared)[0]->algorithm());
}

Planned plan_pair(const PlanContext& context) {
  CNN_CHECK(need_floats(context));
  const auto& op = static_cast<const ArithmeticOp&>(context.op);
  const PairKind kind = pair_kind(op);
  for (size_t i = 0; i < 2; ++i) {
    const Tensor* scalar = context.constant(i);
    if (!scalar || scalar->desc.count() != 1 || context.inputs[1 - i]->shape != context.outputs[0].shape) continue;
    const int other = static_cast<int>(1 - i);
    return plan_elementwise<ScalarFunction, 1>(context, {kind, i == 0, scalar->values<float>()[0]},
                                               {*context.inputs[1 - i]}, {other});
  }
  CNN_TRY(second, lined_up(context, op.first_axis()));
  if (kind >= PairKind::Pow)
    return plan_elementwise<RarePairFunction, 2>(context, {kind}, {*context.inputs[0], second}, {0, 1});
  return plan_elementwise<PairFunction, 2>(context, {kind}, {*context.inputs[0], second}, {0, 1});
}

Planned plan_variadic(const PlanContext& context) {
  CNN_CHECK(need_floats(context));
  const auto& op = static_cast<const ArithmeticOp&>(context.op);
  const ArithmeticKind kind = op.kind();
  if (context.inputs.size() == 2 && kind != ArithmeticKind::Mean) return plan_pair(context);
  std::vector<std::unique_ptr<Step>> steps;
  const TensorDesc& output = context.outputs[0];
  if (context.inputs.size() == 1) return plan_copy(*context.inputs[0], context.number, output, context.number);
  for (size_t i = 1; i < context.inputs.size(); ++i) {
    CNN_TRY(step, (plan_elementwise<PairFunction, 2>(context, {pair_kind(op)},
                                                     {i == 1 ? *context.inputs[0] : output, *context.inputs[i]},
                                                     {i == 1 ? 0 : -1, static_cast<int>(i)})));
    steps.push_back(std::move(step));
  }
  if (kind == ArithmeticKind::Mean) {
    const float share = 1 / static_cast<float>(context.inputs.size());
    CNN_TRY(step, (plan_elementwise<ScalarFunction, 1>(context, {PairKind::Mul, false, share}, {output}, {-1})));
    steps.push_back(std::move(step));
  }
  return in_turn(std::move(steps));
}

struct TestRow {
  std::string_view type;
  TestKind kind;
};
constexpr TestRow tests[] = {{"Equal", TestKind::Equal},
                             {"Less", TestKind::Less},
                             {"LessOrEqual", TestKind::LessOrEqual},
                             {"Greater", TestKind::Greater},
                             {"GreaterOrEqual", TestKind::GreaterOrEqual}};

Planned plan_test(const PlanContext& context) {
  CNN_CHECK(need_floats(context));
  CNN_TRY(second, lined_up(context, static_cast<const CompareOp&>(context.op).first_axis()));
  for (const TestRow& row : tests)
    if (row.type == context.op.type())
      return plan_elementwise<TestFunction, 2>(context, {row.kind}, {*context.inputs[0], second}, {0, 1});
  return context.unsupported("no kernel computes it");
}

/// y = condition ? a : b over a loop with operands y, condition, a, b.
template <class T>
struct Choose {
  StridedLoop<4> loop;
  T* y;
  const bool* condition;
  const T *a, *b;
  __host__ __device__ void operator()(int64_t index) const {
    int64_t at[4];
    loop.locate(index, at);
    y[at[0]] = condition[at[1]] ? a[at[2]] : b[at[3]];
  }
};

Planned plan_where(const PlanContext& context) {
  const TensorDesc& output = context.outputs[0];
  if (output.dtype != DataType::Float32) return context.unsupported("it is not of floats");
  const auto loop = broadcast_loop<3>(output, {*context.inputs[0], *context.inputs[1], *context.inputs[2]});
  if (!loop) return context.unsupported("its operands have too many axes");
  return with_number(context.number, [&]<class T>(T) {
    return make_step([loop = *loop, gaps = Gaps(output)](const StepArguments& a) -> Status {
      CNN_CHECK(gaps.fill(a.queue, a.output<T>(0)));
      const Choose<T> kernel{loop, a.output<T>(0), a.input<bool>(0), a.input<T>(1), a.input<T>(2)};
      return for_each(a.queue, loop.count(), kernel);
    });
  });
}

}  // namespace

std::span<const OpEntry> arithmetic_entries() {
  static const std::vector<OpEntry> entries = [] {
    std::vector<OpEntry> rows = {{"Where", plan_where}};
    for (std::string_view type : {"Add", "Sub", "Mul", "Div", "Pow", "Mod"}) rows.push_back({type, plan_pair});
    for (std::string_view type : {"Min", "Max", "Sum", "Mean"}) rows.push_back({type, plan_variadic});
    for (const TestRow& row : tests) rows.push_back({row.type, plan_test});
    return rows;
  }();
  return entries;
}

}  // namespace cnn::cuda
