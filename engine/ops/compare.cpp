// SPDX-License-Identifier: MIT
#include "engine/ops/compare.h"

#include <functional>

#include "engine/kernels/elementwise.h"
#include "engine/ops/broadcast.h"

namespace cnn {
namespace {

using RowFunction = CompareOp::RowFunction;

template <class T, class Test>
void test_rows(const ElementwiseLoop& loop, int64_t begin, int64_t end, bool* out, const void* a, const void* b) {
  map_elements(loop, begin, end, out, static_cast<const T*>(a), static_cast<const T*>(b), Test{});
}

template <class Test>
RowFunction on_numbers(DataType type) {
  return with_type(type, [](auto zero) -> RowFunction {
    if constexpr (std::is_same_v<decltype(zero), bool>)
      return nullptr;
    else
      return test_rows<decltype(zero), Test>;
  });
}

template <class Test>
RowFunction on_bools(DataType type) {
  return type == DataType::Bool ? test_rows<bool, Test> : nullptr;
}

RowFunction equal(DataType type) {
  return type == DataType::Bool ? on_bools<std::equal_to<>>(type) : on_numbers<std::equal_to<>>(type);
}

constexpr CompareOp::Kind kinds[] = {
    {"Equal", 1, equal},
    {"Less", 1, on_numbers<std::less<>>},
    {"LessOrEqual", 12, on_numbers<std::less_equal<>>},
    {"Greater", 1, on_numbers<std::greater<>>},
    {"GreaterOrEqual", 12, on_numbers<std::greater_equal<>>},
    {"And", 1, on_bools<std::logical_and<>>},
    {"Or", 1, on_bools<std::logical_or<>>},
    {"Xor", 1, on_bools<std::not_equal_to<>>},
};

Result<std::shared_ptr<const Op>> parse_compare(const NodeSource& node) {
  CNN_TRY(first_axis, parse_first_axis(node));
  for (const CompareOp::Kind& kind : kinds)
    if (kind.type == node.type) return {std::make_shared<CompareOp>(kind, first_axis)};
  return error(ErrorCode::Unsupported, "no such operator");
}

Result<std::shared_ptr<const Op>> parse_where(const NodeSource&) { return {std::make_shared<WhereOp>()}; }

}  // namespace

Result<std::vector<TensorType>> CompareOp::infer(std::span<const InputInfo> inputs) const {
  CNN_CHECK(need_inputs(inputs, 2));
  CNN_CHECK(need_same_type(inputs));
  if (inputs.size() > 2) return error(ErrorCode::InvalidModel, inputs.size(), " inputs, 2 are needed");
  if (!kind_.function(inputs[0].type.dtype))
    return error(ErrorCode::Unsupported, to_string(inputs[0].type.dtype), " inputs are not supported");
  CNN_TRY(lined, lined_up(inputs, first_axis_));
  CNN_TRY(shape, broadcast_shape(lined));
  return std::vector<TensorType>{{DataType::Bool, std::move(shape)}};
}

Result<std::unique_ptr<Step>> CompareOp::plan(const PlanContext& context) const {
  const LinedUpContext lined(context, first_axis_);
  return make_step([function = kind_.function(context.inputs[0]->dtype), loop = broadcast_loop(lined.get()),
                    addresses = OperandAddresses(context)](const StepArguments& arguments) {
    const void* a = addresses.get<void>(arguments, 0);
    const void* b = addresses.get<void>(arguments, 1);
    arguments.workers.parallel_for(loop.total(), elementwise_grain, [&](int64_t begin, int64_t end) {
      function(loop, begin, end, arguments.output<bool>(0), a, b);
    });
  });
}

Result<std::vector<TensorType>> WhereOp::infer(std::span<const InputInfo> inputs) const {
  CNN_CHECK(need_inputs(inputs, 3));
  if (inputs.size() > 3) return error(ErrorCode::InvalidModel, inputs.size(), " inputs, 3 are needed");
  if (inputs[0].type.dtype != DataType::Bool)
    return error(ErrorCode::InvalidModel, "condition is ", to_string(inputs[0].type.dtype), ", bool is needed");
  if (inputs[1].type.dtype != inputs[2].type.dtype)
    return error(ErrorCode::InvalidModel, "x is ", to_string(inputs[1].type.dtype), " but y is ",
                 to_string(inputs[2].type.dtype));
  CNN_TRY(shape, broadcast_shape(inputs));
  return std::vector<TensorType>{{inputs[1].type.dtype, std::move(shape)}};
}

Result<std::unique_ptr<Step>> WhereOp::plan(const PlanContext& context) const {
  return with_type(context.outputs[0].dtype, [&](auto zero) -> std::unique_ptr<Step> {
    using T = decltype(zero);
    return make_step(
        [loop = broadcast_loop(context), addresses = OperandAddresses(context)](const StepArguments& arguments) {
          const bool* condition = addresses.get<bool>(arguments, 0);
          const T* x = addresses.get<T>(arguments, 1);
          const T* y = addresses.get<T>(arguments, 2);
          arguments.workers.parallel_for(loop.total(), elementwise_grain, [&](int64_t begin, int64_t end) {
            map_elements(loop, begin, end, arguments.output<T>(0), condition, x, y,
                         [](bool chosen, T a, T b) { return chosen ? a : b; });
          });
        });
  });
}

std::span<const OpEntry> compare_entries() {
  static const std::vector<OpEntry> entries = [] {
    std::vector<OpEntry> rows = {{"", "Where", 9, parse_where}};
    for (const CompareOp::Kind& kind : kinds) rows.push_back({"", kind.type, kind.since_version, parse_compare});
    return rows;
  }();
  return entries;
}

}  // namespace cnn
