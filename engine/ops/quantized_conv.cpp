// SPDX-License-Identifier: MIT
#include "engine/ops/quantized_conv_step.h"
#include "engine/ops/quantized_numbers.h"

namespace cnn {

Result<std::vector<TensorType>> QuantizedConvOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(weights, type_of_input(inputs, static_cast<size_t>(at_.b), "w"));
  if (weights.shape.size() < 3) return error(ErrorCode::InvalidModel, "weights are ", to_string(weights.shape));
  const int64_t filters = weights.shape[0], groups = attributes_.groups;
  CNN_TRY(x, quantized_input(inputs, at_.a, at_.a_scale, at_.a_zero, 0, "x"));
  CNN_TRY(w, quantized_input(inputs, at_.b, at_.b_scale, at_.b_zero, filters, "w"));
  CNN_TRY(spatial, attributes_.axes(x.shape, w.shape));
  if (groups < 1 || x.shape[1] % groups != 0 || filters % groups != 0 || w.shape[1] != x.shape[1] / groups)
    return error(ErrorCode::InvalidModel, "weights are ", to_string(w.shape), " in ", groups,
                 " groups but the input has ", x.shape[1], " channels");
  if (at_.bias >= 0 && is_present(inputs, static_cast<size_t>(at_.bias)) &&
      inputs[static_cast<size_t>(at_.bias)].type != TensorType{DataType::Int32, {filters}})
    return error(ErrorCode::InvalidModel, "bias is ", to_string(inputs[static_cast<size_t>(at_.bias)].type.dtype), " ",
                 to_string(inputs[static_cast<size_t>(at_.bias)].type.shape), ", int32 [", filters, "] is needed");
  Shape result{x.shape[0], filters};
  for (const PoolAxis& axis : spatial) result.push_back(axis.out);
  if (at_.makes_integers()) return sized_output(DataType::Int32, std::move(result));
  if (at_.makes_floats()) return sized_output(DataType::Float32, std::move(result));
  CNN_TRY(type, quantized_output(inputs, at_.y_scale, at_.y_zero, x.dtype));
  return sized_output(type, std::move(result));
}

int64_t QuantizedConvOp::macs(std::span<const InputInfo> inputs, std::span<const TensorType> outputs) const {
  const Shape& weights = inputs[static_cast<size_t>(at_.b)].type.shape;
  return weights[0] == 0 ? 0 : element_count(outputs[0].shape) * (element_count(weights) / weights[0]);
}

Result<std::unique_ptr<Step>> QuantizedConvOp::plan(const PlanContext& context) const {
  return plan_quantized_conv(attributes_, at_, bounds_, context);
}

}  // namespace cnn
