// SPDX-License-Identifier: MIT
#include "engine/ops/layout.h"

#include "engine/kernels/strided_copy.h"

namespace cnn {

Result<std::vector<TensorType>> ReorderOp::infer(std::span<const InputInfo> inputs) const {
  return std::vector<TensorType>{inputs[0].type};
}

Result<std::unique_ptr<Step>> ReorderOp::plan(const PlanContext& context) const {
  const TensorDesc& from = *context.inputs[0];
  const TensorDesc& to = context.outputs[0];
  return make_step(
      [size = size_of(to.dtype), extents = to.shape, source = from.strides(), target = to.strides()](
          const StepArguments& a) {
        strided_copy(size, extents, a.inputs[0], source, a.outputs[0], target, a.workers);
      },
      "reorder");
}

Result<std::vector<TensorType>> ViewOp::infer(std::span<const InputInfo> inputs) const {
  return std::vector<TensorType>{{inputs[0].type.dtype, shape_}};
}

Result<std::unique_ptr<Step>> ViewOp::plan(const PlanContext& context) const {
  return error(ErrorCode::InvalidModel, context.node, ": a view is never planned");
}

}  // namespace cnn
