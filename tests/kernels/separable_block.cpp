// SPDX-License-Identifier: MIT
#include "engine/kernels/separable_block.h"

#include "engine/base/buffer.h"
#include "engine/kernels/depthwise.h"
#include "tests/reference/activation.h"
#include "tests/reference/bf16.h"
#include "tests/reference/convolution.h"
#include "tests/reference/kernel_case.h"

namespace cnn {
namespace {

using reference::GuardedRows;
using reference::on_every_target;
using reference::random_values;

constexpr Activation relu6{ActivationKind::Clip, 0, 6};

struct Case {
  int64_t images = 1, inputs = 5, channels = 12, outputs = 7, height = 9,
          width = 8;  ///< 0 inputs or outputs: no such stage
  int64_t kernel = 3, stride = 1, dilation = 1, pad = 1;
  bool bias = true, residual = true;
  Activation activation = relu6;
  int64_t gap = 0;  ///< floats between pixels of input, residual and output
  int threads = 1;
  Precision precision = Precision::Fp32;
};

ConvGeometry pointwise(int64_t images, int64_t channels, int64_t outputs, int64_t height, int64_t width) {
  ConvGeometry g{images, channels, outputs};
  g.input = g.output = {1, height, width};
  return g;
}

/// One stage by the definition, rounded to float as the kernel stores it.
std::vector<float> stage(const ConvGeometry& g, const std::vector<float>& input, int64_t step,
                         const std::vector<float>& weights, const float* bias, const Activation& activation,
                         const float* residual = nullptr, int64_t residual_step = 0) {
  const auto sums = reference::convolution(g, input, step, weights);
  std::vector<float> result(sums.size());
  for (size_t i = 0; i < sums.size(); ++i) {
    const auto pixel = static_cast<int64_t>(i) / g.outputs, channel = static_cast<int64_t>(i) % g.outputs;
    double value = sums[i] + (bias ? bias[channel] : 0);
    if (residual) value += residual[pixel * residual_step + channel];
    result[i] = static_cast<float>(reference::activate(activation, value));
  }
  return result;
}

void check(const Case& t) {
  SCOPED_TRACE(testing::Message() << t.inputs << " -> " << t.channels << " -> " << t.outputs << " channels, "
                                  << t.height << " x " << t.width << ", kernel " << t.kernel << ", stride " << t.stride
                                  << ", pad " << t.pad << ", threads " << t.threads);
  SeparableBlock::Stages stages;
  ConvGeometry& g = stages.depthwise;
  g.images = t.images;
  g.channels = g.outputs = g.groups = t.channels;
  g.input = {1, t.height, t.width};
  g.kernel = {1, t.kernel, t.kernel};
  g.stride = {1, t.stride, t.stride};
  g.dilation = {1, t.dilation, t.dilation};
  g.pad_begin = {0, t.pad, t.pad};
  for (size_t i = 1; i < 3; ++i)
    g.output[i] = (g.input[i] + 2 * t.pad - (t.kernel - 1) * t.dilation - 1) / t.stride + 1;
  const int64_t inputs = t.inputs ? t.inputs : t.channels, outputs = t.outputs ? t.outputs : t.channels;
  if (t.inputs) stages.expand = PointwiseStage{t.inputs, t.channels, t.activation};
  if (t.outputs) stages.project = PointwiseStage{t.channels, t.outputs, {}};
  stages.activation = t.activation;
  stages.input_step = inputs + t.gap;
  stages.residual_step = stages.output_step = outputs + t.gap;

  const int64_t pixels = t.images * t.height * t.width, results = g.output_pixels();
  const auto input = random_values(pixels * stages.input_step, 1),
             residual = random_values(results * stages.residual_step, 2);
  const auto expand = random_values(inputs * t.channels, 3), filter = random_values(t.channels * g.taps(), 4);
  const auto project = random_values(t.channels * outputs, 5);
  const auto bias = random_values(std::max({t.channels, outputs}), 6);
  const float* biases = t.bias ? bias.data() : nullptr;
  const bool bf16 = t.precision == Precision::Bf16;
  const auto factors = [&](const auto& values) { return bf16 ? reference::nearest_bf16(values) : values; };
  const bool adds = t.residual && t.outputs;

  std::vector<float> values = input;
  int64_t step = stages.input_step;
  if (t.inputs) {
    values = stage(pointwise(t.images, inputs, t.channels, t.height, t.width), factors(values), step, factors(expand),
                   biases, t.activation);
    step = t.channels;
  }
  values = stage(g, values, step, filter, biases, t.activation);
  if (t.outputs)
    values = stage(pointwise(t.images, t.channels, outputs, g.output[1], g.output[2]), factors(values), t.channels,
                   factors(project), biases, {}, adds ? residual.data() : nullptr, stages.residual_step);

  stages.precision = t.precision;
  const SeparableBlock block(stages, t.threads);
  const GemmPanels &before = block.expand_panels(), &behind = block.project_panels();
  std::vector<float> packed_expand(static_cast<size_t>(before.size())),
      packed_project(static_cast<size_t>(behind.size()));
  std::vector<float> packed_filter(static_cast<size_t>(depthwise_packed_size(g)));
  if (t.inputs) block.pack_pointwise(before, *stages.expand, expand.data(), packed_expand.data());
  if (t.outputs) block.pack_pointwise(behind, *stages.project, project.data(), packed_project.data());
  pack_depthwise(g, filter.data(), g.taps(), 1, packed_filter.data());
  Buffer scratch(std::max<size_t>(1, block.scratch_bytes()));
  GuardedRows output(results, outputs, stages.output_step);
  Workers workers(t.threads);
  block.run({input.data(),
             {packed_expand.data(), biases},
             {packed_filter.data(), biases},
             {packed_project.data(), biases},
             adds ? residual.data() : nullptr,
             output.data(),
             scratch.data()},
            workers);
  // What the depthwise stage is off by can turn the rounding of a value of up to 6, which is 2^-6 then.
  const double turned = bf16 && t.outputs ? 1.0 / 32 : 0;
  output.expect({values.begin(), values.end()}, 10 * reference::tolerance(inputs + g.taps() + t.channels) + turned);
}

TEST(SeparableBlock, EqualsItsStagesOneAfterTheOther) {
  on_every_target([] {
    for (int64_t stride : {1, 2})
      for (int64_t kernel : {3, 5, 7})
        for (int64_t inputs : {0, 5})
          for (int64_t outputs : {0, 7}) {
            Case t;
            t.inputs = inputs, t.outputs = outputs, t.stride = stride, t.kernel = kernel, t.pad = kernel / 2;
            check(t);
          }
  });
}

TEST(SeparableBlock, KeepsRowsBetweenBands) {
  // 2 MiB between the stages, several bands each.
  for (int64_t stride : {1, 2, 4})
    for (int64_t dilation : {1, 3})
      for (int threads : {1, 2}) {
        Case t{1, 3, 64, 9, 90, 91};
        t.stride = stride, t.dilation = dilation, t.pad = dilation, t.threads = threads;
        check(t);
      }
}

TEST(SeparableBlock, ServesEveryImageOfABatch) {
  for (int threads : {1, 2, 3}) {
    Case t{5, 4, 24, 8, 19, 21};
    t.threads = threads;
    check(t);
  }
}

TEST(SeparableBlock, HasBiasResidualAndActivationOfEveryKind) {
  on_every_target([] {
    for (ActivationKind kind :
         {ActivationKind::None, ActivationKind::Relu, ActivationKind::HardSwish, ActivationKind::Swish}) {
      Case t;
      t.activation = {kind};
      check(t);
      t.bias = t.residual = false;
      check(t);
    }
  });
}

TEST(SeparableBlock, MultipliesBf16InItsPointwiseStages) {
  reference::on_every_bf16_target([] {
    for (int64_t inputs : {0, 5, 24})
      for (int64_t outputs : {0, 7, 40})
        for (int64_t channels : {13, 48}) {
          Case t{2, inputs, channels, outputs, 19, 21};
          t.precision = Precision::Bf16, t.gap = 3;
          check(t);
        }
  });
  Case large{1, 3, 64, 9, 90, 91};
  large.precision = Precision::Bf16, large.threads = 2;
  if (bf16_products() != Bf16Products::Absent) check(large);
}

TEST(SeparableBlock, LeavesOtherChannelsOfWiderPixelsAlone) {
  Case t;
  t.gap = 11;
  check(t);
}

TEST(SeparableBlock, HasNoRowsWherePaddingIsWiderThanTheImage) {
  Case t{1, 3, 8, 5, 2, 2};
  t.pad = 4;
  check(t);
}

}  // namespace
}  // namespace cnn
