// SPDX-License-Identifier: MIT
#include "engine/ops/softmax.h"

#include "engine/ops/broadcast.h"

namespace cnn {

Result<std::vector<TensorType>> SoftmaxOp::infer(std::span<const InputInfo> inputs) const {
  CNN_CHECK(need_inputs(inputs, 1));
  CNN_CHECK(need_float(inputs));
  const Shape& shape = inputs[0].type.shape;
  const int64_t rank = static_cast<int64_t>(shape.size());
  if (axis_ < -rank || (axis_ >= rank && !(as_matrix_ && axis_ == rank) && !(rank == 0 && axis_ == -1)))
    return error(ErrorCode::InvalidModel, "axis ", axis_, " is outside shape ", to_string(shape));
  return std::vector<TensorType>{inputs[0].type};
}

Result<std::unique_ptr<Step>> SoftmaxOp::plan(const PlanContext& context) const {
  const TensorDesc& input = *context.inputs[0];
  const Shape extents = input.physical_shape();
  int axis = static_cast<int>(axis_ < 0 ? axis_ + input.rank() : axis_);
  int end = axis + 1;
  if (as_matrix_)
    end = input.rank();
  else if (axis >= 0)
    end = (axis = input.physical_axis(axis)) + 1;
  const auto count = [&](int from, int to) {
    return from >= to ? 1 : element_count(Shape(extents.begin() + from, extents.begin() + to));
  };
  const int64_t outer = count(0, axis), inner = count(end, input.rank());
  const int64_t extent = axis < 0 ? 1 : count(axis, end);
  const int64_t lines = extent == 0 ? 0 : outer * inner;
  return make_step([=, kind = kind_, addresses = OperandAddresses(context)](const StepArguments& arguments) {
    const float* x = addresses.get<float>(arguments, 0);
    float* y = arguments.output<float>(0);
    const int64_t grain = std::max<int64_t>(1, 8192 / std::max<int64_t>(1, extent));
    arguments.workers.parallel_for(lines, grain, [&](int64_t begin, int64_t end_line) {
      softmax_f32(kind, x, y, extent, inner, begin, end_line);
    });
  });
}

namespace {

template <SoftmaxKind kind>
Result<std::shared_ptr<const Op>> parse(const NodeSource& node) {
  const bool as_matrix = node.opset < 13;
  CNN_TRY(axis, node.attributes.integer("axis", as_matrix ? 1 : -1));
  for (const OpEntry& entry : softmax_entries())
    if (entry.parse == &parse<kind>) return {std::make_shared<SoftmaxOp>(entry.type, kind, axis, as_matrix)};
  return error(ErrorCode::Unsupported, "no such operator");
}

constexpr OpEntry entries[] = {
    {"", "Softmax", 1, parse<SoftmaxKind::Softmax>},
    {"", "LogSoftmax", 1, parse<SoftmaxKind::LogSoftmax>},
    {"", "Hardmax", 1, parse<SoftmaxKind::Hardmax>},
};

}  // namespace

std::span<const OpEntry> softmax_entries() { return entries; }

}  // namespace cnn
