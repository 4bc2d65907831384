// SPDX-License-Identifier: MIT
#include "engine/ops/conv.h"

#include "engine/ops/conv_step.h"
#include "engine/ops/input_checks.h"
#include "engine/ops/make_op.h"

namespace cnn {
namespace {

ParsedOp parse_conv(const NodeSource& node) {
  CNN_TRY(attributes, parse_conv_attributes(node));
  return make_op<ConvOp>(std::move(attributes));
}

constexpr OpEntry entries[] = {{"", "Conv", 1, parse_conv}};

Status check_float(const TensorType& type, std::string_view what) {
  if (type.dtype == DataType::Float32) return {};
  return error(ErrorCode::Unsupported, what, " has type ", to_string(type.dtype), ", float32 is needed");
}

}  // namespace

Result<ConvAttributes> parse_conv_attributes(const NodeSource& node) {
  ConvAttributes a;
  CNN_TRY(kernel, node.attributes.integers("kernel_shape"));
  CNN_TRY(strides, node.attributes.integers("strides"));
  CNN_TRY(dilations, node.attributes.integers("dilations"));
  CNN_TRY(pads, node.attributes.integers("pads"));
  CNN_TRY(groups, node.attributes.integer("group", 1));
  CNN_TRY(auto_pad, parse_auto_pad(node.attributes));
  if (pads.size() % 2)
    return error(ErrorCode::InvalidModel, "pads has ", pads.size(), " values, an even number is needed");
  const auto middle = pads.begin() + static_cast<std::ptrdiff_t>(pads.size() / 2);
  a.kernel = std::move(kernel);
  a.strides = std::move(strides);
  a.dilations = std::move(dilations);
  a.pads_begin.assign(pads.begin(), middle);
  a.pads_end.assign(middle, pads.end());
  a.auto_pad = auto_pad;
  a.groups = groups;
  return a;
}

Result<std::vector<PoolAxis>> ConvAttributes::axes(const Shape& input, const Shape& weights) const {
  if (weights.size() != input.size() || weights.size() < 3)
    return error(ErrorCode::InvalidModel, "weights are ", to_string(weights), " but the input is ", to_string(input));
  if (std::find(weights.begin(), weights.end(), 0) != weights.end())
    return error(ErrorCode::InvalidModel, "weights are ", to_string(weights), ", without an element");
  const std::vector<int64_t> extents(weights.begin() + 2, weights.end());
  if (!kernel.empty() && kernel != extents)
    return error(ErrorCode::InvalidModel, "weights are ", to_string(weights), " but kernel_shape is ",
                 to_string(kernel));
  PoolWindow window;
  window.kernel = extents;
  window.strides = strides;
  window.dilations = dilations;
  window.pads = pads_begin;
  window.pads.insert(window.pads.end(), pads_end.begin(), pads_end.end());
  window.auto_pad = auto_pad;
  return window.axes(input);
}

std::shared_ptr<const Op> ConvOp::make(ConvAttributes attributes) {
  return std::make_shared<ConvOp>(std::move(attributes));
}

std::shared_ptr<const Op> ConvOp::with_activation(const Activation& activation) const {
  ConvAttributes changed = attributes_;
  changed.activation = activation;
  return std::make_shared<ConvOp>(std::move(changed));
}

std::shared_ptr<const Op> ConvOp::with_residual() const {
  ConvAttributes changed = attributes_;
  changed.residual = true;
  return std::make_shared<ConvOp>(std::move(changed));
}

Result<std::vector<TensorType>> ConvOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(x, type_of_input(inputs, 0, "x"));
  CNN_TRY(weights, type_of_input(inputs, 1, "weights"));
  CNN_CHECK(check_float(x, "x"));
  CNN_CHECK(check_float(weights, "the weights' tensor"));
  CNN_TRY(spatial, attributes_.axes(x.shape, weights.shape));
  const int64_t groups = attributes_.groups, channels = x.shape[1], outputs = weights.shape[0];
  if (groups < 1 || channels % groups != 0 || outputs % groups != 0)
    return error(ErrorCode::InvalidModel, "group is ", groups, ", which does not divide ", channels, " input and ",
                 outputs, " output channels");
  if (weights.shape[1] != channels / groups) {
    const std::string in_groups = groups == 1 ? "" : " in " + std::to_string(groups) + " groups";
    return error(ErrorCode::InvalidModel, "weights are ", to_string(weights.shape), " but the input has ", channels,
                 " channels", in_groups);
  }
  if (is_present(inputs, 2)) {
    CNN_CHECK(check_float(inputs[2].type, "the bias"));
    if (inputs[2].type.shape != Shape{outputs})
      return error(ErrorCode::InvalidModel, "bias is ", to_string(inputs[2].type.shape), " but the weights are ",
                   to_string(weights.shape));
  }
  Shape result{x.shape[0], outputs};
  for (const PoolAxis& axis : spatial) result.push_back(axis.out);
  if (attributes_.residual) {
    CNN_TRY(residual, type_of_input(inputs, 3, "residual"));
    if (residual != TensorType{DataType::Float32, result})
      return error(ErrorCode::InvalidModel, "residual is ", to_string(residual.shape), " but the output is ",
                   to_string(result));
  }
  return sized_output(DataType::Float32, std::move(result));
}

int64_t ConvOp::macs(std::span<const InputInfo> inputs, std::span<const TensorType> outputs) const {
  const int64_t pixels_and_outputs = element_count(outputs[0].shape);
  const int64_t filters = inputs[1].type.shape[0];
  return filters == 0 ? 0 : pixels_and_outputs * (element_count(inputs[1].type.shape) / filters);
}

Result<std::unique_ptr<Step>> ConvOp::plan(const PlanContext& context) const { return plan_conv(attributes_, context); }

std::span<const OpEntry> conv_entries() { return entries; }

}  // namespace cnn
