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

Tensor dense_weights_channels_last(const Tensor& weights, bool transposed, const Shape& map) {
  const int64_t inputs = element_count(map) / map[0];
  const int64_t outputs = weights.desc.count() / inputs;
  const int64_t channels = map[1], pixels = inputs / channels;
  const int64_t input_step = transposed ? 1 : outputs, output_step = transposed ? inputs : 1;
  NewTensor made = make_tensor(weights.desc);
  Workers alone(1);
  strided_copy(sizeof(float), Shape{pixels, channels, outputs}, weights.bytes.get(),
               Shape{input_step, pixels * input_step, output_step}, made.bytes,
               Shape{channels * input_step, input_step, output_step}, alone);
  return made.tensor;
}

}  // namespace cnn
