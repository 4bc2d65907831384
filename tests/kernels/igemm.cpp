// SPDX-License-Identifier: MIT
#include "engine/kernels/igemm.h"

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

/// Geometry whose output is what the padding `pad_end` gives.
ConvGeometry geometry(int64_t images, int64_t channels, int64_t outputs, std::array<int64_t, 3> input,
                      std::array<int64_t, 3> kernel, std::array<int64_t, 3> stride = {1, 1, 1},
                      std::array<int64_t, 3> pads = {0, 0, 0}, std::array<int64_t, 3> pad_end = {0, 0, 0},
                      std::array<int64_t, 3> dilation = {1, 1, 1}, int64_t groups = 1) {
  ConvGeometry g{images, channels, outputs, groups, input, {}, kernel, stride, dilation, pads};
  for (size_t i = 0; i < 3; ++i)
    g.output[i] = (input[i] + pads[i] + pad_end[i] - (kernel[i] - 1) * dilation[i] - 1) / stride[i] + 1;
  return g;
}

void check(const ConvGeometry& g, const Options& o = {}) {
  SCOPED_TRACE(testing::Message() << g.channels << " -> " << g.outputs << " channels, groups " << g.groups << ", input "
                                  << g.input[1] << " x " << g.input[2] << ", kernel " << g.kernel[1] << " x "
                                  << g.kernel[2]);
  const int64_t input_pixels = g.images * g.input[0] * g.input[1] * g.input[2], pixels = g.output_pixels();
  const auto input = random_values(input_pixels * (g.channels + o.gap), 1);
  const auto weights = random_values(g.outputs * g.group_channels() * g.taps(), 2);
  const auto bias = random_values(g.outputs, 3), residual = random_values(pixels * (g.outputs + o.gap), 4);
  auto expected = reference::convolution(g, input, g.channels + o.gap, weights);
  for (int64_t p = 0; p < pixels; ++p)
    for (int64_t m = 0; m < g.outputs; ++m) {
      double& value = expected[static_cast<size_t>(p * g.outputs + m)];
      if (o.bias) value += bias[static_cast<size_t>(m)];
      if (o.residual) value += residual[static_cast<size_t>(p * (g.outputs + o.gap) + m)];
      value = reference::activate(o.activation, value);
    }
  const Igemm igemm(g, {g.channels + o.gap, g.outputs + o.gap, g.outputs + o.gap}, o.activation, o.threads);
  Buffer packed(static_cast<size_t>(igemm.packed_size()) * sizeof(float)), scratch(igemm.scratch_bytes());
  igemm.pack(weights.data(), {g.group_channels() * g.taps(), g.taps(), 1}, packed.as<float>().data());
  GuardedRows output(pixels, g.outputs, g.outputs + o.gap);
  Workers workers(o.threads);
  igemm.run({input.data(), packed.as<const float>().data(), o.bias ? bias.data() : nullptr,
             o.residual ? residual.data() : nullptr, output.data(), scratch.data()},
            workers);
  output.expect(expected, reference::tolerance(g.taps() * g.group_channels()));
}

TEST(Igemm, MatchesTheDefinitionForEveryChannelCountAroundTheVectors) {
  on_every_target([] {
    for (int64_t channels : {1, 2, 3, 4, 15, 16, 17, 33})
      for (int64_t outputs : {1, 3, 15, 16, 17, 31, 48, 65, 80})
        check(geometry(1, channels, outputs, {1, 5, 6}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1}, {0, 1, 1}));
  });
}

TEST(Igemm, MatchesTheDefinitionForStridesPaddingAndDilations) {
  on_every_target([] {
    for (int64_t channels : {3, 20})
      for (int64_t stride : {1, 2, 3})
        for (int64_t dilation : {1, 2})
          for (int64_t kernel : {1, 2, 3, 5})
            check(geometry(2, channels, 18, {1, 11, 13}, {1, kernel, kernel}, {1, stride, stride}, {0, 2, 1}, {0, 1, 3},
                           {1, dilation, dilation}));
  });
}

TEST(Igemm, CopiesOnlyWhatLiesInTheImageWhenPaddingIsWiderThanTheImage) {
  on_every_target([] {
    check(geometry(1, 3, 5, {1, 2, 2}, {1, 3, 3}, {1, 1, 1}, {0, 4, 4}, {0, 4, 4}));
    check(geometry(1, 17, 5, {1, 2, 2}, {1, 3, 3}, {1, 1, 1}, {0, 4, 4}, {0, 4, 4}));
  });
}

TEST(Igemm, PointwiseMatchesTheDefinition) {
  on_every_target([] {
    for (int64_t stride : {1, 2})
      for (int64_t outputs : {8, 24, 64, 100})
        check(geometry(2, 31, outputs, {1, 9, 7}, {1, 1, 1}, {1, stride, stride}));
  });
}

TEST(Igemm, KeepsGroupsApart) {
  on_every_target([] {
    check(geometry(1, 12, 9, {1, 5, 5}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1}, {0, 1, 1}, {1, 1, 1}, 3));
    check(geometry(2, 7, 14, {1, 5, 5}, {1, 3, 3}, {1, 2, 2}, {0, 1, 1}, {0, 1, 1}, {1, 1, 1}, 7));
    check(geometry(1, 64, 64, {1, 8, 8}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}, {0, 0, 0}, {1, 1, 1}, 2));
  });
}

TEST(Igemm, HasOneAndThreeSpatialAxes) {
  on_every_target([] {
    check(geometry(2, 3, 10, {1, 1, 17}, {1, 1, 4}, {1, 1, 2}, {0, 0, 2}, {0, 0, 1}));
    check(geometry(2, 5, 10, {4, 5, 6}, {2, 3, 3}, {2, 1, 1}, {1, 1, 0}, {0, 1, 1}, {1, 1, 2}));
    check(geometry(1, 2, 3, {4, 4, 4}, {3, 3, 3}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}));
  });
}

TEST(Igemm, LeavesOtherChannelsOfWiderPixelsAlone) {
  on_every_target([] {
    for (int64_t channels : {3, 16})
      check(geometry(2, channels, 21, {1, 6, 6}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1}, {0, 1, 1}), {true, true, {}, 13});
  });
}

TEST(Igemm, AppliesActivationsAfterBiasAndResidual) {
  on_every_target([] {
    for (ActivationKind kind : {ActivationKind::Relu, ActivationKind::HardSwish, ActivationKind::Swish})
      check(geometry(1, 8, 21, {1, 6, 6}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1}, {0, 1, 1}), {true, true, {kind}, 3});
    check(geometry(1, 8, 21, {1, 6, 6}, {1, 3, 3}), {false, false});
  });
}

TEST(Igemm, DividesWorkAmongThreadsWithoutLosingPixels) {
  on_every_target([] {
    for (int threads : {1, 2}) {
      check(geometry(1, 20, 70, {1, 30, 31}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1}, {0, 1, 1}), {true, true, {}, 0, threads});
      check(geometry(3, 3, 40, {1, 23, 30}, {1, 3, 3}, {1, 2, 2}, {0, 1, 1}, {0, 1, 1}), {true, false, {}, 0, threads});
      check(geometry(1, 350, 100, {1, 4, 5}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1}, {0, 1, 1}),
            {true, false, {}, 0, threads});
    }
  });
}

TEST(Igemm, OfNoImagesWritesNothing) {
  on_every_target([] { check(geometry(0, 5, 6, {1, 4, 4}, {1, 3, 3}), {true, true, {}, 0, 2}); });
}

}  // namespace
}  // namespace cnn
