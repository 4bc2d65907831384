// SPDX-License-Identifier: MIT
#include "engine/ops/conv_transpose.h"

#include "engine/ops/conv_transpose_step.h"
#include "engine/ops/input_checks.h"
#include "engine/ops/make_op.h"

namespace cnn {
namespace {

/// Above it products of two attributes would overflow.
constexpr int64_t largest = int64_t{1} << 30;

Status check_list(std::string_view what, const std::vector<int64_t>& values, size_t count, int64_t least) {
  if (!values.empty() && values.size() != count)
    return error(ErrorCode::InvalidModel, what, " has ", values.size(), " values, ", count, " are needed");
  for (int64_t value : values)
    if (value < least || value > largest)
      return error(ErrorCode::InvalidModel, what, " has the value ", value, ", ", least, " to ", largest,
                   " is possible");
  return {};
}

int64_t at_or(const std::vector<int64_t>& values, size_t i, int64_t fallback) {
  return values.empty() ? fallback : values[i];
}

ParsedOp parse_conv_transpose(const NodeSource& node) {
  CNN_TRY(kernel, node.attributes.integers("kernel_shape"));
  CNN_TRY(strides, node.attributes.integers("strides"));
  CNN_TRY(dilations, node.attributes.integers("dilations"));
  CNN_TRY(pads, node.attributes.integers("pads"));
  CNN_TRY(output_padding, node.attributes.integers("output_padding"));
  CNN_TRY(output_shape, node.attributes.integers("output_shape"));
  CNN_TRY(auto_pad, parse_auto_pad(node.attributes));
  CNN_TRY(groups, node.attributes.integer("group", 1));
  return make_op<ConvTransposeOp>(
      ConvTransposeOp::Attributes{std::move(kernel), std::move(strides), std::move(dilations), std::move(pads),
                                  std::move(output_padding), std::move(output_shape), auto_pad, groups});
}

}  // namespace

Result<PoolAxis> ConvTransposeOp::axis(size_t i, int64_t in, int64_t kernel) const {
  const Attributes& a = attributes_;
  PoolAxis axis;
  axis.in = in;
  axis.kernel = kernel;
  axis.stride = at_or(a.strides, i, 1);
  axis.dilation = at_or(a.dilations, i, 1);
  const int64_t full = axis.stride * (in - 1) + at_or(a.output_padding, i, 0) + (kernel - 1) * axis.dilation + 1;
  const bool same = a.auto_pad == AutoPad::SameUpper || a.auto_pad == AutoPad::SameLower;
  if (!a.output_shape.empty() || same) {
    axis.out = a.output_shape.empty() ? in * axis.stride : a.output_shape[i];
    const int64_t total = std::max<int64_t>(0, full - axis.out);
    axis.pad_begin = a.auto_pad == AutoPad::SameUpper ? total / 2 : total - total / 2;
    axis.pad_end = total - axis.pad_begin;
    return axis;
  }
  if (a.auto_pad == AutoPad::NotSet && !a.pads.empty()) {
    axis.pad_begin = a.pads[i];
    axis.pad_end = a.pads[i + a.pads.size() / 2];
  }
  axis.out = full - axis.pad_begin - axis.pad_end;
  if (axis.out < 0 || in == 0)
    return error(ErrorCode::InvalidModel, "input of ", in, " with padding ", axis.pad_begin, " and ", axis.pad_end,
                 " leaves an output of ", axis.out);
  return axis;
}

Result<std::vector<PoolAxis>> ConvTransposeOp::axes(const Shape& input, const Shape& weights) const {
  if (input.size() < 3 || input.size() > 5)
    return error(ErrorCode::Unsupported, "input of shape ", to_string(input),
                 ", one to three spatial axes are supported");
  if (weights.size() != input.size())
    return error(ErrorCode::InvalidModel, "weights are ", to_string(weights), " but the input is ", to_string(input));
  if (std::find(weights.begin(), weights.end(), 0) != weights.end())
    return error(ErrorCode::InvalidModel, "weights are ", to_string(weights), ", without an element");
  const Attributes& a = attributes_;
  const size_t count = input.size() - 2;
  const std::vector<int64_t> kernel(weights.begin() + 2, weights.end());
  if (!a.kernel.empty() && a.kernel != kernel)
    return error(ErrorCode::InvalidModel, "weights are ", to_string(weights), " but kernel_shape is ",
                 to_string(a.kernel));
  CNN_CHECK(check_list("kernel_shape", kernel, count, 1));
  CNN_CHECK(check_list("strides", a.strides, count, 1));
  CNN_CHECK(check_list("dilations", a.dilations, count, 1));
  CNN_CHECK(check_list("pads", a.pads, 2 * count, 0));
  CNN_CHECK(check_list("output_padding", a.output_padding, count, 0));
  CNN_CHECK(check_list("output_shape", a.output_shape, count, 0));
  std::vector<PoolAxis> all;
  for (size_t i = 0; i < count; ++i) {
    if (input[i + 2] > largest)
      return error(ErrorCode::InvalidModel, "input of shape ", to_string(input), " is too large");
    CNN_TRY(one, axis(i, input[i + 2], kernel[i]));
    constexpr int64_t most_taps = int64_t{1} << 22;  // the plan lists what reaches each position of an axis
    if (one.out > most_taps / one.kernel)
      return error(ErrorCode::Unsupported, "a kernel of ", one.kernel, " for an output of ", one.out, " is too large");
    all.push_back(one);
  }
  return all;
}

Result<std::vector<TensorType>> ConvTransposeOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(x, type_of_input(inputs, 0, "x"));
  CNN_TRY(weights, type_of_input(inputs, 1, "weights"));
  for (size_t i = 0; i < std::min<size_t>(3, inputs.size()); ++i)
    if (is_present(inputs, i) && inputs[i].type.dtype != DataType::Float32)
      return error(ErrorCode::Unsupported, "input ", i, " is ", to_string(inputs[i].type.dtype), ", float32 is needed");
  CNN_TRY(spatial, axes(x.shape, weights.shape));
  const int64_t groups = attributes_.groups, channels = x.shape[1];
  if (groups < 1 || channels % groups != 0)
    return error(ErrorCode::InvalidModel, "group is ", groups, ", which does not divide ", channels, " input channels");
  if (weights.shape[0] != channels)
    return error(ErrorCode::InvalidModel, "weights are ", to_string(weights.shape), " but the input has ", channels,
                 " channels");
  CNN_CHECK(checked_element_count({weights.shape[1], groups}));
  Shape result{x.shape[0], weights.shape[1] * groups};
  if (is_present(inputs, 2) && inputs[2].type.shape != Shape{result[1]})
    return error(ErrorCode::InvalidModel, "bias is ", to_string(inputs[2].type.shape), " but the output has ",
                 result[1], " channels");
  for (const PoolAxis& axis : spatial) result.push_back(axis.out);
  return sized_output(DataType::Float32, std::move(result));
}

int64_t ConvTransposeOp::macs(std::span<const InputInfo> inputs, std::span<const TensorType>) const {
  const int64_t channels = inputs[1].type.shape[0];
  return channels == 0 ? 0 : element_count(inputs[0].type.shape) * (element_count(inputs[1].type.shape) / channels);
}

Result<std::unique_ptr<Step>> ConvTransposeOp::plan(const PlanContext& context) const {
  CNN_TRY(spatial, axes(context.inputs[0]->shape, context.inputs[1]->shape));
  return plan_conv_transpose(spatial, attributes_.groups, context);
}

std::span<const OpEntry> conv_transpose_entries() {
  static constexpr OpEntry entries[] = {{"", "ConvTranspose", 1, parse_conv_transpose}};
  return entries;
}

}  // namespace cnn
