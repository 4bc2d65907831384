// SPDX-License-Identifier: MIT
#include "engine/ops/scatter.h"

#include "engine/kernels/elementwise_integer.h"
#include "engine/ops/index.h"
#include "engine/ops/make_op.h"

namespace cnn {
namespace {

using Reduction = ScatterOp::Reduction;

template <class T>
T reduced(Reduction reduction, T old, T update) {
  if constexpr (std::is_same_v<T, bool>) {
    const bool both = reduction == Reduction::Mul || reduction == Reduction::Min;
    return reduction == Reduction::None ? update : both ? old && update : old || update;
  } else {
    switch (reduction) {
      case Reduction::Add:
        if constexpr (std::is_integral_v<T>)
          return wrapping_add<T>(old, update);
        else
          return old + update;
      case Reduction::Mul:
        if constexpr (std::is_integral_v<T>)
          return wrapping_mul<T>(old, update);
        else
          return old * update;
      case Reduction::Max:
        return std::max(old, update);
      case Reduction::Min:
        return std::min(old, update);
      case Reduction::None:
        break;
    }
    return update;
  }
}

/// Update i goes to element place(i).
template <class Place>
void scatter(const StepArguments& a, DataType type, Reduction reduction, int64_t count, int64_t updates,
             Place&& place) {
  with_type(type, [&](auto zero) {
    using T = decltype(zero);
    T* out = a.output<T>(0);
    std::copy_n(a.input<T>(0), count, out);
    for (int64_t i = 0; i < updates; ++i) {
      T& element = out[place(i)];
      element = reduced<T>(reduction, element, a.input<T>(2)[i]);
    }
  });
}

ParsedOp parse_scatter(const NodeSource& node) {
  const bool slices = node.type == "ScatterND";
  CNN_TRY(axis, node.attributes.integer("axis", 0));
  CNN_TRY(text, node.attributes.text("reduction", "none"));
  constexpr std::string_view names[] = {"none", "add", "mul", "max", "min"};
  const auto found = std::find(std::begin(names), std::end(names), text);
  if (found == std::end(names)) return error(ErrorCode::InvalidModel, "reduction is \"", text, "\"");
  return make_op<ScatterOp>(slices ? "ScatterND" : "ScatterElements", slices, axis,
                            static_cast<Reduction>(found - std::begin(names)));
}

}  // namespace

Status ScatterOp::check_elements(std::span<const InputInfo> inputs) const {
  const Shape &data = inputs[0].type.shape, &indices = inputs[1].type.shape;
  CNN_TRY(axis, checked_axis(axis_, data.size()));
  bool fits = indices.size() == data.size() && inputs[2].type.shape == indices;
  for (size_t i = 0; fits && i < data.size(); ++i) fits = static_cast<int>(i) == axis || indices[i] <= data[i];
  if (!fits)
    return error(ErrorCode::InvalidModel, "indices ", to_string(indices), " and updates ",
                 to_string(inputs[2].type.shape), " do not fit data ", to_string(data));
  return check_indices(inputs[1], std::span(&data[static_cast<size_t>(axis)], 1));
}

Status ScatterOp::check_slices(std::span<const InputInfo> inputs) const {
  const Shape &data = inputs[0].type.shape, &indices = inputs[1].type.shape;
  const int64_t depth = indices.empty() ? 0 : indices.back();
  if (depth < 1 || depth > static_cast<int64_t>(data.size()))
    return error(ErrorCode::InvalidModel, "indices are ", to_string(indices), " but data ", to_string(data));
  Shape expected(indices.begin(), indices.end() - 1);
  expected.insert(expected.end(), data.begin() + depth, data.end());
  if (inputs[2].type.shape != expected)
    return error(ErrorCode::InvalidModel, "updates are ", to_string(inputs[2].type.shape), ", ", to_string(expected),
                 " is needed");
  return check_indices(inputs[1], std::span(data).first(static_cast<size_t>(depth)));
}

Result<std::vector<TensorType>> ScatterOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(data, movable_input(inputs, 0, "data"));
  CNN_TRY(indices, type_of_input(inputs, 1, "indices"));
  CNN_TRY(updates, type_of_input(inputs, 2, "updates"));
  if (updates.dtype != data.dtype)
    return error(ErrorCode::InvalidModel, "updates are ", to_string(updates.dtype), " but data ",
                 to_string(data.dtype));
  CNN_CHECK(whole_slices_ ? check_slices(inputs) : check_elements(inputs));
  return std::vector<TensorType>{data};
}

Result<std::unique_ptr<Step>> ScatterOp::plan(const PlanContext& context) const {
  const Shape data = context.inputs[0]->shape, indices = context.inputs[1]->shape;
  const Shape strides = context.inputs[0]->strides();
  const DataType type = context.inputs[0]->dtype, index_type = context.inputs[1]->dtype;
  const int64_t count = context.inputs[0]->count(), updates = context.inputs[2]->count();
  if (whole_slices_) {
    const auto depth = static_cast<size_t>(indices.back());
    return make_step([=, reduction = reduction_](const StepArguments& a) {
      const IndexReader index(a.inputs[1], index_type);
      const int64_t slice = strides[depth - 1];
      scatter(a, type, reduction, count, updates, [&](int64_t i) {
        int64_t offset = i % slice;
        for (size_t k = 0; k < depth; ++k)
          offset += position_of(index[i / slice * static_cast<int64_t>(depth) + static_cast<int64_t>(k)], data[k]) *
                    strides[k];
        return offset;
      });
    });
  }
  CNN_TRY(axis, checked_axis(axis_, data.size()));
  return make_step([=, reduction = reduction_](const StepArguments& a) {
    const IndexReader index(a.inputs[1], index_type);
    scatter(a, type, reduction, count, updates, [&](int64_t i) {
      int64_t offset = 0, rest = i;
      for (size_t k = indices.size(); k-- > 0; rest /= indices[k])
        offset += (static_cast<int>(k) == axis ? position_of(index[i], data[k]) : rest % indices[k]) * strides[k];
      return offset;
    });
  });
}

std::span<const OpEntry> scatter_entries() {
  static constexpr OpEntry entries[] = {{"", "Scatter", 9, parse_scatter},
                                        {"", "ScatterElements", 11, parse_scatter},
                                        {"", "ScatterND", 11, parse_scatter}};
  return entries;
}

}  // namespace cnn
