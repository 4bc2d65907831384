// SPDX-License-Identifier: MIT
#include "engine/ops/gather.h"

#include <cmath>
#include <cstring>

#include "engine/ops/index.h"
#include "engine/ops/input_checks.h"
#include "engine/ops/make_op.h"

namespace cnn {
namespace {

int64_t product(const Shape& shape, size_t begin, size_t end) {
  return element_count(Shape(shape.begin() + static_cast<int64_t>(begin), shape.begin() + static_cast<int64_t>(end)));
}

}  // namespace

Result<std::vector<TensorType>> GatherOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(data, type_of_input(inputs, 0, "data"));
  CNN_TRY(indices, type_of_input(inputs, 1, "indices"));
  CNN_TRY(axis, checked_axis(axis_, data.shape.size()));
  CNN_CHECK(check_indices(inputs[1], std::span(data.shape).subspan(static_cast<size_t>(axis), 1)));
  Shape shape(data.shape.begin(), data.shape.begin() + axis);
  shape.insert(shape.end(), indices.shape.begin(), indices.shape.end());
  shape.insert(shape.end(), data.shape.begin() + axis + 1, data.shape.end());
  return sized_output(data.dtype, std::move(shape));
}

Result<std::unique_ptr<Step>> GatherOp::plan(const PlanContext& context) const {
  const TensorDesc& data = *context.inputs[0];
  const TensorDesc& indices = *context.inputs[1];
  CNN_TRY(axis, checked_axis(axis_, data.shape.size()));
  const size_t at = static_cast<size_t>(axis);
  const int64_t outer = product(data.shape, 0, at), extent = data.shape[at], count = indices.count();
  const size_t inner = static_cast<size_t>(product(data.shape, at + 1, data.shape.size())) * size_of(data.dtype);
  return make_step([=, type = indices.dtype](const StepArguments& a) {
    if (outer * count == 0 || inner == 0) return;
    const IndexReader index(a.inputs[1], type);
    const int64_t grain = std::max<int64_t>(1, (1 << 15) / static_cast<int64_t>(inner));
    a.workers.parallel_for(outer * count, grain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t from = i / count * extent + position_of(index[i % count], extent);
        std::memcpy(a.output<std::byte>(0) + i * static_cast<int64_t>(inner),
                    a.input<std::byte>(0) + from * static_cast<int64_t>(inner), inner);
      }
    });
  });
}

Result<std::vector<TensorType>> GatherElementsOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(data, type_of_input(inputs, 0, "data"));
  CNN_TRY(indices, type_of_input(inputs, 1, "indices"));
  CNN_TRY(axis, checked_axis(axis_, data.shape.size()));
  bool fits = indices.shape.size() == data.shape.size();
  for (size_t i = 0; fits && i < data.shape.size(); ++i)
    fits = static_cast<int>(i) == axis || indices.shape[i] <= data.shape[i];
  if (!fits)
    return error(ErrorCode::InvalidModel, "indices ", to_string(indices.shape), " do not fit data ",
                 to_string(data.shape));
  CNN_CHECK(check_indices(inputs[1], std::span(data.shape).subspan(static_cast<size_t>(axis), 1)));
  return sized_output(data.dtype, indices.shape);
}

Result<std::unique_ptr<Step>> GatherElementsOp::plan(const PlanContext& context) const {
  const TensorDesc& data = *context.inputs[0];
  CNN_TRY(axis, checked_axis(axis_, data.shape.size()));
  const Shape shape = context.outputs[0].shape, strides = data.strides();
  return make_step([shape, strides, axis, extent = data.shape[static_cast<size_t>(axis)],
                    size = static_cast<int64_t>(size_of(data.dtype)), count = element_count(shape),
                    type = context.inputs[1]->dtype](const StepArguments& a) {
    const IndexReader index(a.inputs[1], type);
    for (int64_t i = 0; i < count; ++i) {
      int64_t from = position_of(index[i], extent) * strides[static_cast<size_t>(axis)];
      for (int64_t rest = i, k = static_cast<int64_t>(shape.size()) - 1; k >= 0; rest /= shape[k], --k)
        if (k != axis) from += rest % shape[k] * strides[k];
      std::memcpy(a.output<std::byte>(0) + i * size, a.input<std::byte>(0) + from * size, static_cast<size_t>(size));
    }
  });
}

Result<std::vector<TensorType>> GatherNDOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(data, type_of_input(inputs, 0, "data"));
  CNN_TRY(indices, type_of_input(inputs, 1, "indices"));
  const int64_t data_rank = static_cast<int64_t>(data.shape.size());
  const int64_t index_rank = static_cast<int64_t>(indices.shape.size());
  const int64_t depth = index_rank ? indices.shape.back() : 0;
  bool fits = index_rank > 0 && batch_dims_ < index_rank && depth > 0 && depth <= data_rank - batch_dims_;
  for (int64_t i = 0; fits && i < batch_dims_; ++i) fits = data.shape[i] == indices.shape[i];
  if (!fits)
    return error(ErrorCode::InvalidModel, "indices ", to_string(indices.shape), " with batch_dims ", batch_dims_,
                 " do not fit data ", to_string(data.shape));
  CNN_CHECK(check_indices(inputs[1], std::span(data.shape).subspan(static_cast<size_t>(batch_dims_),
                                                                   static_cast<size_t>(depth))));
  Shape shape(indices.shape.begin(), indices.shape.end() - 1);
  shape.insert(shape.end(), data.shape.begin() + batch_dims_ + depth, data.shape.end());
  return sized_output(data.dtype, std::move(shape));
}

Result<std::unique_ptr<Step>> GatherNDOp::plan(const PlanContext& context) const {
  const TensorDesc& data = *context.inputs[0];
  const TensorDesc& indices = *context.inputs[1];
  const size_t batch = static_cast<size_t>(batch_dims_), depth = static_cast<size_t>(indices.shape.back());
  const int64_t batches = product(data.shape, 0, batch);
  const int64_t rows = product(indices.shape, batch, indices.shape.size() - 1);
  const int64_t per_batch = product(data.shape, batch, data.shape.size());
  const size_t inner = static_cast<size_t>(product(data.shape, batch + depth, data.shape.size())) * size_of(data.dtype);
  const Shape strides = data.strides();
  return make_step([=, extents = data.shape, size = size_of(data.dtype), type = indices.dtype](const StepArguments& a) {
    if (inner == 0) return;
    const IndexReader index(a.inputs[1], type);
    for (int64_t i = 0; i < batches * rows; ++i) {
      int64_t from = i / rows * per_batch;
      for (size_t k = 0; k < depth; ++k)
        from += position_of(index[i * static_cast<int64_t>(depth) + static_cast<int64_t>(k)], extents[batch + k]) *
                strides[batch + k];
      std::memcpy(a.output<std::byte>(0) + static_cast<size_t>(i) * inner,
                  a.input<std::byte>(0) + static_cast<size_t>(from) * size, inner);
    }
  });
}

Result<std::vector<TensorType>> OneHotOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(indices, type_of_input(inputs, 0, "indices"));
  CNN_TRY(depth, known_input(inputs, 1, "depth"));
  CNN_TRY(values, type_of_input(inputs, 2, "values"));
  CNN_TRY(axis, checked_axis(axis_, indices.shape.size() + 1));
  if (depth.desc.count() != 1 || values.shape != Shape{2})
    return error(ErrorCode::InvalidModel, "depth ", to_string(depth.desc.shape), " must be one number and values ",
                 to_string(values.shape), " must be two");
  const double extent = with_type(depth.desc.dtype, [&](auto zero) {
    return static_cast<double>(*depth.data<decltype(zero)>());
  });
  if (!(extent >= 1 && extent <= 1 << 30))
    return error(ErrorCode::InvalidModel, "depth is ", extent, ", 1 to 2^30 is needed");
  Shape shape = indices.shape;
  shape.insert(shape.begin() + axis, static_cast<int64_t>(extent));
  return sized_output(values.dtype, std::move(shape));
}

Result<std::unique_ptr<Step>> OneHotOp::plan(const PlanContext& context) const {
  const TensorDesc& to = context.outputs[0];
  CNN_TRY(axis, checked_axis(axis_, to.shape.size()));
  const size_t at = static_cast<size_t>(axis);
  const int64_t outer = product(to.shape, 0, at), depth = to.shape[at];
  const int64_t inner = product(to.shape, at + 1, to.shape.size());
  return make_step([=, size = size_of(to.dtype), type = context.inputs[0]->dtype](const StepArguments& a) {
    const std::byte* off = a.input<std::byte>(2);
    const std::byte* on = off + size;
    std::byte* out = a.output<std::byte>(0);
    for (int64_t i = 0; i < outer * depth * inner; ++i) std::memcpy(out + static_cast<size_t>(i) * size, off, size);
    with_type(type, [&](auto zero) {
      using T = decltype(zero);
      for (int64_t i = 0; i < outer * inner; ++i) {
        double index = static_cast<double>(a.input<T>(0)[i]);
        if (index < 0) index += static_cast<double>(depth);
        if (!(index >= 0 && index < static_cast<double>(depth))) continue;
        const int64_t target = (i / inner * depth + static_cast<int64_t>(index)) * inner + i % inner;
        std::memcpy(out + static_cast<size_t>(target) * size, on, size);
      }
    });
  });
}

namespace {

ParsedOp parse_gather(const NodeSource& node) {
  CNN_TRY(axis, node.attributes.integer("axis", 0));
  return make_op<GatherOp>(axis);
}

ParsedOp parse_gather_elements(const NodeSource& node) {
  CNN_TRY(axis, node.attributes.integer("axis", 0));
  return make_op<GatherElementsOp>(axis);
}

ParsedOp parse_gather_nd(const NodeSource& node) {
  CNN_TRY(batch_dims, node.attributes.integer("batch_dims", 0));
  if (batch_dims < 0) return error(ErrorCode::InvalidModel, "batch_dims is ", batch_dims);
  return make_op<GatherNDOp>(batch_dims);
}

ParsedOp parse_one_hot(const NodeSource& node) {
  CNN_TRY(axis, node.attributes.integer("axis", -1));
  return make_op<OneHotOp>(axis);
}

}  // namespace

std::span<const OpEntry> gather_entries() {
  static constexpr OpEntry entries[] = {
      {"", "Gather", 1, parse_gather},
      {"", "GatherElements", 11, parse_gather_elements},
      {"", "GatherND", 11, parse_gather_nd},
      {"", "OneHot", 9, parse_one_hot},
  };
  return entries;
}

}  // namespace cnn
