// SPDX-License-Identifier: MIT
#include "engine/ops/conv_transpose.h"

#include "engine/cuda/gaps.cuh"
#include "engine/cuda/kernels/convolution.h"
#include "engine/cuda/packed_input.h"
#include "engine/cuda/windows.h"

namespace cnn::cuda {
namespace {

/// Weights [c, m / groups, kernel...] as DirectConvolution reads them.
PackedInput::Form weights_form(const TensorDesc& weights, int64_t groups, int64_t width) {
  const int64_t channels = weights.shape[0] / groups, row = groups * width;
  int64_t taps = 1;
  PackedInput::Form form{"transposed", weights.shape, weights.strides(), Shape(weights.shape.size()), 0};
  for (size_t i = weights.shape.size(); i-- > 2; taps *= weights.shape[i]) form.to[i] = taps * channels * row;
  form.to[0] = row;
  form.to[1] = 1;
  form.extents[0] = channels;
  form.extents.insert(form.extents.begin(), groups);
  form.from.insert(form.from.begin(), form.from[0] * channels);
  form.to.insert(form.to.begin(), width);
  form.elements = taps * channels * row;
  return form;
}

Result<std::unique_ptr<Step>> plan_conv_transpose(const PlanContext& context) {
  const auto& op = static_cast<const ConvTransposeOp&>(context.op);
  const TensorDesc &input = *context.inputs[0], &weights = *context.inputs[1], &output = context.outputs[0];
  CNN_TRY(spatial, op.axes(input.shape, weights.shape));
  const int64_t groups = op.attributes().groups, channels = input.shape[1] / groups, outputs = weights.shape[1];
  const int64_t width = (outputs + 7) / 8 * 8, blocks = width / 8;
  CNN_TRY(axes, window_axes(context, spatial));
  if (!output.channels_last()) return context.unsupported("its output is not in the layout of pixels");
  CNN_TRY(items, pixel_blocks(context, axes, groups * blocks, input.shape[0]));
  Scratch scratch;
  CNN_TRY(x, PixelInput::plan(context, 0, scratch));
  CNN_TRY(packed, PackedInput::plan(context, 1, weights_form(weights, groups, width), scratch));
  PackedInput::Form bias_form{"transposed", {0, 0}, {outputs, 1}, {width, 1}, groups * width, true};
  if (context.has_input(2)) bias_form.extents = {groups, outputs};
  CNN_TRY(bias, PackedInput::plan(context, 2, bias_form, scratch));
  const int64_t count = output.shape[1] ? output.count() / output.shape[1] * groups * blocks : 0;
  return with_number(context.number, [&]<class T>(T) -> std::unique_ptr<Step> {
    DirectConvolution<T, true> f{};
    f.items = items;
    f.blocks = Divisor(blocks);
    std::copy(axes.begin(), axes.end(), f.axes);
    f.group_channels = static_cast<int>(channels);
    f.group_outputs = static_cast<int>(outputs);
    f.whole = groups == 1 || outputs % 8 == 0;
    f.wide = channels % 8 == 0;
    f.x_step = x.step();
    return make_step(
        [=, gaps = Gaps(output), y_step = output.pixel_step()](const StepArguments& a) -> Status {
          CNN_CHECK(x.prepare(a));
          CNN_CHECK(packed.prepare(a));
          CNN_CHECK(bias.prepare(a));
          DirectConvolution<T, true> placed = f;
          placed.x = static_cast<const T*>(x.address(a));
          placed.weights = static_cast<const T*>(packed.address(a));
          placed.bias = static_cast<const float*>(bias.address(a));
          placed.out = {{}, nullptr, 0, a.output<T>(0), y_step};
          if (!f.whole) CNN_CHECK(gaps.fill(a.queue, a.output<T>(0)));
          return for_each(a.queue, count, placed);
        },
        "direct", scratch.bytes);
  });
}

constexpr OpEntry entries[] = {{"ConvTranspose", plan_conv_transpose}};

}  // namespace

std::span<const OpEntry> conv_transpose_entries() { return entries; }

}  // namespace cnn::cuda
