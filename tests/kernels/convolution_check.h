// SPDX-License-Identifier: MIT
#pragma once

#include "engine/base/buffer.h"
#include "engine/kernels/igemm.h"
#include "tests/reference/activation.h"
#include "tests/reference/bf16.h"
#include "tests/reference/convolution.h"
#include "tests/reference/kernel_case.h"

namespace cnn::reference {

/// How a convolution kernel is called.
struct ConvOptions {
  bool bias = true, residual = true;
  Activation activation = {};
  int64_t gap = 0;  ///< floats between pixels
  int threads = 1;
  Precision precision = Precision::Fp32;  ///< Bf16: input and weights are rounded before they are multiplied
};

/// Geometry whose output is what the padding `pad_end` gives.
inline ConvGeometry geometry(int64_t images, int64_t channels, int64_t outputs, std::array<int64_t, 3> input,
                             std::array<int64_t, 3> kernel, std::array<int64_t, 3> stride = {1, 1, 1},
                             std::array<int64_t, 3> pads = {0, 0, 0}, std::array<int64_t, 3> pad_end = {0, 0, 0},
                             std::array<int64_t, 3> dilation = {1, 1, 1}, int64_t groups = 1) {
  ConvGeometry g{images, channels, outputs, groups, input, {}, kernel, stride, dilation, pads};
  for (size_t i = 0; i < 3; ++i)
    g.output[i] = (input[i] + pads[i] + pad_end[i] - (kernel[i] - 1) * dilation[i] - 1) / stride[i] + 1;
  return g;
}

/// Compares a kernel with the definition: `make(geometry, steps, activation, threads)` returns an Igemm or its like.
template <class Make>
void check_convolution(const ConvGeometry& g, const ConvOptions& o, double tolerance, Make&& make) {
  SCOPED_TRACE(testing::Message() << g.channels << " -> " << g.outputs << " channels, groups " << g.groups << ", input "
                                  << g.input[1] << " x " << g.input[2] << ", kernel " << g.kernel[1] << " x "
                                  << g.kernel[2]);
  const int64_t input_pixels = g.images * g.input[0] * g.input[1] * g.input[2], pixels = g.output_pixels();
  const auto input = random_values(input_pixels * (g.channels + o.gap), 1);
  const auto weights = random_values(g.outputs * g.group_channels() * g.taps(), 2);
  const auto bias = random_values(g.outputs, 3), residual = random_values(pixels * (g.outputs + o.gap), 4);
  const auto factors = [&](const auto& values) {
    return o.precision == Precision::Bf16 ? nearest_bf16(values) : values;
  };
  auto expected = convolution(g, factors(input), g.channels + o.gap, factors(weights));
  for (int64_t p = 0; p < pixels; ++p)
    for (int64_t m = 0; m < g.outputs; ++m) {
      double& value = expected[static_cast<size_t>(p * g.outputs + m)];
      if (o.bias) value += bias[static_cast<size_t>(m)];
      if (o.residual) value += residual[static_cast<size_t>(p * (g.outputs + o.gap) + m)];
      value = activate(o.activation, value);
    }
  const auto kernel =
      make(g, Igemm::Steps{g.channels + o.gap, g.outputs + o.gap, g.outputs + o.gap}, o.activation, o.threads);
  Buffer packed(static_cast<size_t>(kernel.packed_size()) * sizeof(float)), scratch(kernel.scratch_bytes());
  kernel.pack(weights.data(), {g.group_channels() * g.taps(), g.taps(), 1}, packed.as<float>().data());
  GuardedRows output(pixels, g.outputs, g.outputs + o.gap);
  Workers workers(o.threads);
  kernel.run({input.data(), packed.as<const float>().data(), o.bias ? bias.data() : nullptr,
              o.residual ? residual.data() : nullptr, output.data(), scratch.data()},
             workers);
  output.expect(expected, tolerance);
}

}  // namespace cnn::reference
