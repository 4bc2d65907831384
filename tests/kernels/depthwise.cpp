// SPDX-License-Identifier: MIT
#include "engine/kernels/depthwise.h"

#include "engine/base/buffer.h"
#include "tests/reference/activation.h"
#include "tests/reference/convolution.h"
#include "tests/reference/kernel_case.h"

namespace cnn {
namespace {

using reference::GuardedRows;
using reference::on_every_target;
using reference::random_values;

struct Options {
  bool bias = true, residual = true;
  Activation activation = {};
  int64_t gap = 0;  ///< floats between pixels
  int threads = 1;
};

struct Case {
  int64_t images = 1, channels = 1, height = 1, width = 1, kernel_height = 3, kernel_width = 3;
  int64_t stride = 1, dilation = 1, pad = 1, pad_end = 1;
};

void check(const Case& t, const Options& o = {}) {
  SCOPED_TRACE(testing::Message() << t.channels << " channels, " << t.height << " x " << t.width << ", kernel "
                                  << t.kernel_height << " x " << t.kernel_width << ", stride " << t.stride
                                  << ", dilation " << t.dilation << ", pads " << t.pad << " and " << t.pad_end);
  ConvGeometry g;
  g.images = t.images;
  g.channels = g.outputs = g.groups = t.channels;
  g.input = {1, t.height, t.width};
  g.kernel = {1, t.kernel_height, t.kernel_width};
  g.stride = {1, t.stride, t.stride};
  g.dilation = {1, t.dilation, t.dilation};
  g.pad_begin = {0, t.pad, t.pad};
  for (size_t i = 1; i < 3; ++i)
    g.output[i] = (g.input[i] + t.pad + t.pad_end - (g.kernel[i] - 1) * t.dilation - 1) / t.stride + 1;
  const int64_t step = t.channels + o.gap, pixels = g.output_pixels();
  const auto input = random_values(t.images * t.height * t.width * step, 1);
  const auto weights = random_values(t.channels * g.taps(), 2);
  const auto bias = random_values(t.channels, 3), residual = random_values(pixels * step, 4);
  auto expected = reference::convolution(g, input, step, weights);
  for (int64_t p = 0; p < pixels; ++p)
    for (int64_t c = 0; c < t.channels; ++c) {
      double& value = expected[static_cast<size_t>(p * t.channels + c)];
      if (o.bias) value += bias[static_cast<size_t>(c)];
      if (o.residual) value += residual[static_cast<size_t>(p * step + c)];
      value = reference::activate(o.activation, value);
    }
  Buffer packed(static_cast<size_t>(depthwise_packed_size(g)) * sizeof(float));
  pack_depthwise(g, weights.data(), g.taps(), 1, packed.as<float>().data());
  GuardedRows output(pixels, t.channels, step);
  Workers workers(o.threads);
  depthwise({&g, input.data(), step, packed.as<const float>().data(), o.bias ? bias.data() : nullptr,
             o.residual ? residual.data() : nullptr, step, output.data(), step, o.activation},
            workers);
  output.expect(expected, reference::tolerance(g.taps()));
}

TEST(Depthwise, MatchesTheDefinitionForEveryChannelCountAroundTheVectors) {
  on_every_target([] {
    for (int64_t channels : {1, 2, 3, 4, 5, 7, 8, 13, 15, 16, 17, 24, 31, 33, 64, 65})
      for (int64_t kernel : {3, 5}) check({1, channels, 7, 9, kernel, kernel, 1, 1, kernel / 2, kernel / 2});
  });
}

TEST(Depthwise, MatchesTheDefinitionForEveryWidthKernelAndStride) {
  on_every_target([] {
    for (int64_t width : {1, 2, 3, 4, 5, 6, 7, 8, 14})
      for (int64_t kernel : {1, 2, 3, 4, 5, 7})
        for (int64_t stride : {1, 2, 3})
          check({2, 24, 6, width, kernel, kernel, stride, 1, kernel / 2, (kernel + 1) / 2});
  });
}

TEST(Depthwise, MatchesTheDefinitionForDilationsAndOddKernels) {
  on_every_target([] {
    for (int64_t dilation : {1, 2, 3}) {
      check({1, 20, 11, 12, 3, 3, 1, dilation, dilation, dilation});
      check({1, 20, 11, 12, 3, 3, 2, dilation, 0, dilation});
      check({1, 20, 11, 12, 1, 3, 1, dilation, 1, 2});
      check({1, 20, 11, 12, 7, 3, 1, dilation, 6, 8});
      check({1, 20, 9, 16, 5, 5, 2, dilation, 5, 4});
    }
  });
}

TEST(Depthwise, ReadsNoPixelWhereTheWindowLiesInThePadding) {
  on_every_target([] {
    check({1, 18, 2, 2, 3, 3, 1, 1, 4, 4});
    check({1, 18, 2, 2, 3, 3, 2, 2, 6, 6});
    check({1, 18, 2, 2, 2, 2, 1, 1, 3, 3});
  });
}

TEST(Depthwise, AppliesActivationsAfterBiasAndResidual) {
  using Kind = ActivationKind;
  on_every_target([] {
    for (Activation activation : {Activation{Kind::Relu},
                                  {Kind::LeakyRelu, 0.2f},
                                  {Kind::Clip, 0, 0.5f},
                                  {Kind::HardSwish},
                                  {Kind::HardSigmoid, 0.2f, 0.5f},
                                  {Kind::Sigmoid},
                                  {Kind::Tanh},
                                  {Kind::Erf},
                                  {Kind::Swish}})
      check({1, 29, 6, 7}, {true, true, activation, 3});
    check({1, 29, 6, 7}, {false, false});
  });
}

TEST(Depthwise, LeavesOtherChannelsOfWiderPixelsAlone) {
  on_every_target([] {
    for (int64_t channels : {3, 16, 40}) check({2, channels, 6, 7}, {true, true, {}, 19});
  });
}

TEST(Depthwise, DividesRowsAndChannelsAmongThreads) {
  on_every_target([] {
    for (int threads : {1, 2}) {
      check({2, 330, 7, 7}, {true, true, {}, 0, threads});
      check({2, 16, 60, 60}, {true, true, {}, 0, threads});
      check({1, 200, 9, 20, 5, 5, 2, 1, 2, 2}, {true, true, {ActivationKind::Swish}, 0, threads});
    }
  });
}

TEST(Depthwise, OfNoImagesWritesNothing) {
  on_every_target([] { check({0, 8, 5, 5}); });
}

}  // namespace
}  // namespace cnn
