// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>

#include "engine/kernels/elementwise.h"
#include "engine/ops/activation.h"
#include "engine/ops/broadcast.h"

namespace cnn {

Result<std::vector<TensorType>> SwiGLUOp::infer(std::span<const InputInfo> inputs) const {
  CNN_CHECK(need_inputs(inputs, 2));
  CNN_CHECK(need_float(inputs, 0));
  CNN_CHECK(need_same_type(inputs));
  const Shape &a = inputs[0].type.shape, &b = inputs[1].type.shape;
  if (a != b)
    return error(ErrorCode::InvalidModel, "A is ", to_string(a), " and B is ", to_string(b), ", one shape is needed");
  CNN_CHECK(broadcast_shapes(a, b));
  return std::vector<TensorType>{inputs[0].type};
}

Result<std::unique_ptr<Step>> SwiGLUOp::plan(const PlanContext& context) const {
  const TensorDesc& output = context.outputs[0];
  return make_step(
      [alpha = alpha_, gate = broadcast_loop(output, std::array{*context.inputs[0]}),
       product = broadcast_loop(output, std::array{output, *context.inputs[1]}), whole = broadcast_loop(context),
       addresses = OperandAddresses(context)](const StepArguments& arguments) {
        const float *a = addresses.get<float>(arguments, 0), *b = addresses.get<float>(arguments, 1);
        float* y = arguments.output<float>(0);
        arguments.workers.parallel_for(whole.total(), elementwise_grain, [&](int64_t begin, int64_t end) {
          if (alpha != 1)
            return map_elements(whole, begin, end, y, a, b,
                                [alpha](float x, float linear) { return x / (1 + std::exp(-alpha * x)) * linear; });
          constexpr int64_t block = 4096;  // stays in the first-level cache
          for (; begin < end; begin += block) {
            const int64_t stop = std::min(end, begin + block);
            activate_f32({ActivationKind::Swish}, gate, begin, stop, y, a);
            binary_f32(BinaryKind::Mul, product, begin, stop, y, y, b);
          }
        });
      },
      alpha_ == 1 ? "vectors" : "generic");
}

}  // namespace cnn
