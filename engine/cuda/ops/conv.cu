// SPDX-License-Identifier: MIT
#include "engine/ops/conv.h"

#include "engine/cuda/dense_convolution.h"
#include "engine/cuda/gaps.cuh"
#include "engine/cuda/kernels/convolution.h"
#include "engine/cuda/late_activation.h"
#include "engine/cuda/windows.h"
#include "engine/ops/conv_step.h"

namespace cnn::cuda {
namespace {

using Planned = Result<std::unique_ptr<Step>>;

constexpr int64_t padded(int64_t channels) {
  return (channels + channel_multiple - 1) / channel_multiple * channel_multiple;
}

/// What every way to compute a convolution needs.
struct Parts {
  ConvGeometry g;
  std::array<WindowAxis, 3> axes;
  Activation before, activation;  ///< of what a depthwise one loads, of results
  Scratch scratch;
  PixelInput x;
  std::optional<PixelInput> residual;

  Status prepare(const StepArguments& a) const {
    CNN_CHECK(x.prepare(a));
    return residual ? residual->prepare(a) : Status();
  }
  template <class T>
  Epilogue<T> epilogue(const StepArguments& a, int64_t y_step) const {
    const T* added = residual ? static_cast<const T*>(residual->address(a)) : nullptr;
    return {activation, added, residual ? residual->step() : 0, a.output<T>(0), y_step};
  }
};

/// The strided copy of weights whose axis i (m, c, kernel...) goes to steps `to`, tap by tap.
PackedInput::Form weights_form(std::string name, const TensorDesc& weights, int64_t output_step, int64_t channel_step,
                               int64_t tap_step, int64_t elements) {
  PackedInput::Form form{std::move(name), weights.shape, weights.strides(), {output_step, channel_step}, elements};
  form.to.resize(weights.shape.size());
  for (size_t i = weights.shape.size(); i-- > 2; tap_step *= weights.shape[i]) form.to[i] = tap_step;
  return form;
}

/// Unsupported: no engine computes it.
Planned plan_dense(const PlanContext& context, Parts& parts) {
  const ConvGeometry& g = parts.g;
  const TensorDesc& y = context.outputs[0];
  if (!is_for_planner(g) || y.rank() > 4)
    return context.unsupported("it is not in two dimensions, or its groups are small");
  ConvolutionProblem p;
  p.images = g.images;
  p.height = g.input[1], p.width = g.input[2], p.channels = padded(g.channels);
  p.out_height = g.output[1], p.out_width = g.output[2], p.outputs = padded(g.outputs);
  p.kernel_h = g.kernel[1], p.kernel_w = g.kernel[2], p.groups = g.groups;
  p.stride_h = g.stride[1], p.stride_w = g.stride[2];
  p.dilation_h = g.dilation[1], p.dilation_w = g.dilation[2];
  p.pad_top = g.pad_begin[1], p.pad_left = g.pad_begin[2];
  p.pad_bottom = parts.axes[1].pad_end, p.pad_right = parts.axes[2].pad_end;
  p.x_pixel = parts.x.step(), p.y_pixel = y.pixel_step();
  if (parts.residual) p.residual_pixel = parts.residual->step();
  DenseConvolution::Options options;
  options.activation = parts.activation;
  options.weights = weights_form("conv", *context.inputs[1], p.filter(), 1, p.channels / p.groups, p.outputs * p.filter());
  CNN_TRY(made, DenseConvolution::plan(context, p, options, parts.scratch));
  if (!made) return context.unsupported("no engine computes it");
  return make_step(
      [parts, dense = *made](const StepArguments& a) -> Status {
        CNN_CHECK(parts.prepare(a));
        return dense.enqueue(a, parts.x.address(a), parts.residual ? parts.residual->address(a) : nullptr,
                             a.outputs[0]);
      },
      made->algorithm(), parts.scratch.bytes);
}

template <class T, int kernel, int columns, bool late>
std::unique_ptr<Step> depthwise_step(const Parts& parts, const PixelBlocks& items, int64_t count,
                                     const PackedInput& weights, const PackedInput& bias, int64_t y_step) {
  const ConvGeometry& g = parts.g;
  return make_step(
      [=](const StepArguments& a) -> Status {
        CNN_CHECK(parts.prepare(a));
        CNN_CHECK(weights.prepare(a));
        CNN_CHECK(bias.prepare(a));
        const DepthwiseConvolution<T, kernel, columns, late> f{items,
                                                               parts.axes[1],
                                                               parts.axes[2],
                                                               static_cast<const T*>(parts.x.address(a)),
                                                               parts.x.step(),
                                                               static_cast<const T*>(weights.address(a)),
                                                               static_cast<const float*>(bias.address(a)),
                                                               parts.epilogue<T>(a, y_step),
                                                               LoadedActivation(parts.before)};
        return for_each(a.queue, count, f);
      },
      std::string(late ? "activation, " : "") + "depthwise " + std::to_string(g.kernel[1]) + "x" +
          std::to_string(g.kernel[2]),
      parts.scratch.bytes);
}

Planned plan_depthwise(const PlanContext& context, Parts& parts) {
  const ConvGeometry& g = parts.g;
  const int64_t width = padded(g.channels), blocks = width / 8;
  CNN_TRY(weights,
          PackedInput::plan(context, 1, weights_form("depthwise", *context.inputs[1], 1, 0, width, g.taps() * width),
                            parts.scratch));
  CNN_TRY(bias, PackedInput::plan_vector(context, 2, width, true, parts.scratch));
  // Several pixels at once only where there is still work for the whole GPU.
  constexpr int columns = 4;
  constexpr int64_t enough = 1 << 15;
  std::array<WindowAxis, 3> grouped = parts.axes;
  grouped[2].out = (grouped[2].out + columns - 1) / columns;
  const int64_t rows = g.images * g.output[1], kernel = g.kernel[2];
  const bool groups = g.stride[2] == 1 && g.dilation[2] == 1 && (kernel == 3 || kernel == 5 || kernel == 7) &&
                      rows * grouped[2].out * blocks >= enough;
  CNN_TRY(items, pixel_blocks(context, groups ? grouped : parts.axes, blocks, g.images));
  const int64_t count = rows * (groups ? grouped[2].out : g.output[2]) * blocks, step = context.outputs[0].pixel_step();
  return with_number(context.number, [&]<class T>(T) {
    const auto step_of = [&]<int width, int together>(std::integer_sequence<int, width, together>) {
      return parts.before.kind == ActivationKind::None
                 ? depthwise_step<T, width, together, false>(parts, items, count, weights, bias, step)
                 : depthwise_step<T, width, together, true>(parts, items, count, weights, bias, step);
    };
    if (!groups) return step_of(std::integer_sequence<int, 0, 1>());
    if (kernel == 3) return step_of(std::integer_sequence<int, 3, columns>());
    if (kernel == 5) return step_of(std::integer_sequence<int, 5, columns>());
    return step_of(std::integer_sequence<int, 7, columns>());
  });
}

Planned plan_direct(const PlanContext& context, Parts& parts) {
  const ConvGeometry& g = parts.g;
  const TensorDesc& w = *context.inputs[1];
  // One group reads its channels' padding too, against weights of 0, so that 8 can be read at a time.
  const int64_t channels = g.groups == 1 ? padded(g.channels) : g.group_channels(), outputs = g.group_outputs();
  const int64_t width = padded(outputs), row = g.groups * width, blocks = width / 8, taps = g.taps();
  PackedInput::Form form = weights_form("direct", w, 1, row, channels * row, taps * channels * row);
  form.extents[0] = outputs;
  form.extents.insert(form.extents.begin(), g.groups);
  form.from.insert(form.from.begin(), form.from[0] * outputs);
  form.to.insert(form.to.begin(), width);
  CNN_TRY(weights, PackedInput::plan(context, 1, form, parts.scratch));
  PackedInput::Form bias_form{"direct", {0, 0}, {outputs, 1}, {width, 1}, row, true};
  if (context.has_input(2)) bias_form.extents = {g.groups, outputs};
  CNN_TRY(bias, PackedInput::plan(context, 2, bias_form, parts.scratch));
  CNN_TRY(items, pixel_blocks(context, parts.axes, g.groups * blocks, g.images));
  const int64_t count = g.output_pixels() * g.groups * blocks;
  return with_number(context.number, [&]<class T>(T) -> std::unique_ptr<Step> {
    DirectConvolution<T, false> f{};
    f.items = items;
    f.blocks = Divisor(blocks);
    std::copy(parts.axes.begin(), parts.axes.end(), f.axes);
    f.group_channels = static_cast<int>(channels);
    f.group_outputs = static_cast<int>(outputs);
    f.whole = g.groups == 1 || outputs % 8 == 0;
    f.wide = channels % 8 == 0;
    f.x_step = parts.x.step();
    return make_step(
        [=, gaps = Gaps(context.outputs[0]),
         y_step = context.outputs[0].pixel_step()](const StepArguments& a) -> Status {
          CNN_CHECK(parts.prepare(a));
          CNN_CHECK(weights.prepare(a));
          CNN_CHECK(bias.prepare(a));
          DirectConvolution<T, false> placed = f;
          placed.x = static_cast<const T*>(parts.x.address(a));
          placed.weights = static_cast<const T*>(weights.address(a));
          placed.bias = static_cast<const float*>(bias.address(a));
          placed.out = parts.epilogue<T>(a, y_step);
          if (!f.whole) CNN_CHECK(gaps.fill(a.queue, a.output<T>(0)));
          return for_each(a.queue, count, placed);
        },
        g.groups == 1 ? "direct" : "direct in groups", parts.scratch.bytes);
  });
}

Planned plan_conv(const PlanContext& context) {
  const ConvAttributes& attributes = static_cast<const ConvOp&>(context.op).attributes();
  const Shape& input = context.inputs[0]->shape;
  const Shape& weights = context.inputs[1]->shape;
  CNN_TRY(axes, attributes.axes(input, weights));
  Parts parts;
  parts.g = conv_geometry(axes, input, weights, attributes.groups);
  parts.before = context.input_activation;
  parts.activation = attributes.activation;
  if (context.leaves_activation)
    parts.activation = {attributes.activation.kind == ActivationKind::Clip && attributes.activation.alpha == 0
                            ? ActivationKind::Relu
                            : ActivationKind::None};
  CNN_TRY(window, window_axes(context, axes));
  parts.axes = window;
  if (!context.outputs[0].channels_last()) return context.unsupported("its output is not in the layout of pixels");
  CNN_TRY(x, PixelInput::plan(context, 0, parts.scratch));
  parts.x = x;
  if (attributes.residual) {
    CNN_TRY(residual, PixelInput::plan(context, 3, parts.scratch));
    parts.residual = residual;
  }
  const ConvGeometry& g = parts.g;
  if (Parts tried = parts; context.convolutions) {
    Planned dense = plan_dense(context, tried);
    if (dense || dense.error().code != ErrorCode::Unsupported) return dense;
  }
  if (is_depthwise(g)) return plan_depthwise(context, parts);
  return plan_direct(context, parts);
}

constexpr OpEntry entries[] = {{"Conv", plan_conv}};

}  // namespace

std::span<const OpEntry> conv_entries() { return entries; }

}  // namespace cnn::cuda
