// SPDX-License-Identifier: MIT
#include <limits>

#include "engine/kernels/elementwise.h"
#include "engine/kernels/elementwise_integer.h"
#include "engine/ops/activation.h"
#include "engine/ops/broadcast.h"

namespace cnn {

std::optional<Activation> ClipOp::activation(const Graph& graph, const Node& node) const {
  Activation bounds{ActivationKind::Clip, low_, high_};
  for (size_t i = 1; from_inputs_ && i < std::min<size_t>(3, node.inputs.size()); ++i) {
    if (node.inputs[i] == no_value) continue;
    const Tensor* constant = graph.constant(node.inputs[i]);
    if (!constant || constant->desc.dtype != DataType::Float32 || constant->desc.count() != 1) return std::nullopt;
    (i == 1 ? bounds.alpha : bounds.beta) = constant->values<float>()[0];
  }
  return bounds;
}

Result<std::vector<TensorType>> ClipOp::infer(std::span<const InputInfo> inputs) const {
  CNN_CHECK(need_inputs(inputs, 1));
  CNN_CHECK(need_same_type(inputs));
  const TensorType& input = inputs[0].type;
  if (input.dtype == DataType::Bool) return error(ErrorCode::Unsupported, "bool input is not supported");
  if (!from_inputs_) CNN_CHECK(need_float(inputs));
  if (from_inputs_) CNN_CHECK(need_same_type(inputs));
  for (size_t i = 1; i < inputs.size(); ++i) {
    if (!inputs[i].present) continue;
    CNN_TRY(count, checked_element_count(inputs[i].type.shape));
    if (count != 1)
      return error(ErrorCode::InvalidModel, "bound ", i, " has shape ", to_string(inputs[i].type.shape),
                   ", a scalar is needed");
  }
  CNN_CHECK(broadcast_shapes(input.shape, input.shape));
  return std::vector<TensorType>{input};
}

Result<std::unique_ptr<Step>> ClipOp::plan(const PlanContext& context) const {
  const TensorDesc& output = context.outputs[0];
  const ElementwiseLoop loop = broadcast_loop(output, std::array{*context.inputs[0]});
  const bool low_given = from_inputs_ && context.has_input(1), high_given = from_inputs_ && context.has_input(2);
  return with_type(output.dtype, [&](auto zero) -> std::unique_ptr<Step> {
    using T = decltype(zero);
    T low = std::numeric_limits<T>::lowest(), high = std::numeric_limits<T>::max();
    if constexpr (std::is_same_v<T, float>) low = low_, high = high_;
    return make_step([=, addresses = OperandAddresses(context)](const StepArguments& arguments) {
      const T* x = addresses.get<T>(arguments, 0);
      T* out = arguments.output<T>(0);
      const T least = low_given ? *addresses.get<T>(arguments, 1) : low;
      const T most = high_given ? *addresses.get<T>(arguments, 2) : high;
      arguments.workers.parallel_for(loop.total(), elementwise_grain, [&](int64_t begin, int64_t end) {
        if constexpr (std::is_same_v<T, float>)
          activate_f32({ActivationKind::Clip, least, most}, loop, begin, end, out, x);
        else
          map_elements(loop, begin, end, out, x, [=](T value) { return std::min(most, std::max(value, least)); });
      });
    });
  });
}

Result<std::vector<TensorType>> PReluOp::infer(std::span<const InputInfo> inputs) const {
  CNN_CHECK(need_inputs(inputs, 2));
  if (inputs.size() > 2) return error(ErrorCode::InvalidModel, inputs.size(), " inputs, 2 are needed");
  CNN_CHECK(need_same_type(inputs));
  if (inputs[0].type.dtype == DataType::Bool) return error(ErrorCode::Unsupported, "bool input is not supported");
  const Shape& input = inputs[0].type.shape;
  CNN_TRY(lined, lined_up(input, inputs[1].type.shape, first_axis_));
  CNN_TRY(shape, broadcast_shapes(input, lined));
  if (shape != input)
    return error(ErrorCode::InvalidModel, "slope of shape ", to_string(inputs[1].type.shape),
                 " cannot be broadcast to ", to_string(input));
  return std::vector<TensorType>{inputs[0].type};
}

Result<std::unique_ptr<Step>> PReluOp::plan(const PlanContext& context) const {
  const LinedUpContext lined(context, first_axis_);
  return with_type(context.outputs[0].dtype, [&](auto zero) -> std::unique_ptr<Step> {
    using T = decltype(zero);
    return make_step(
        [loop = broadcast_loop(lined.get()), addresses = OperandAddresses(context)](const StepArguments& arguments) {
          const T* x = addresses.get<T>(arguments, 0);
          const T* slope = addresses.get<T>(arguments, 1);
          T* out = arguments.output<T>(0);
          arguments.workers.parallel_for(loop.total(), elementwise_grain, [&](int64_t begin, int64_t end) {
            if constexpr (std::is_same_v<T, float>)
              binary_f32(BinaryKind::Slope, loop, begin, end, out, x, slope);
            else
              map_elements(loop, begin, end, out, x, slope,
                           [](T value, T by) { return value < T{0} ? wrapping_mul<T>(value, by) : value; });
          });
        });
  });
}

}  // namespace cnn
