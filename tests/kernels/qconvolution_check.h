// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "engine/base/buffer.h"
#include "engine/kernels/qgemm.h"
#include "tests/kernels/convolution_check.h"
#include "tests/reference/quantized_convolution.h"
#include "tests/support/guarded_bytes.h"

namespace cnn::reference {

/// How a convolution of bytes is called.
struct QconvOptions {
  QgemmResult result = QgemmResult::Byte;
  bool signed_input = false, signed_weights = true, zeros_per_output = false, bias = true;
  int64_t gap = 0;  ///< elements between pixels
  int threads = 1;
  std::optional<uint8_t> input_zero = {};  ///< its byte; else any
};

/// Numbers of a check, as the sums' definition takes them.
struct QconvOperands {
  QuantizedValues input, weights;

  QconvOperands(const ConvGeometry& g, const QconvOptions& o)
      : input(
            random_bytes(g.images * g.input[0] * g.input[1] * g.input[2] * (g.channels + o.gap), o.signed_input, 1, 1)),
        weights(random_bytes(g.outputs * g.group_channels() * g.taps(), o.signed_weights,
                             o.zeros_per_output ? g.outputs : 1, 2)) {
    if (o.input_zero) input.zeros[0] = *o.input_zero;
  }
};

/// The weights of a check as kernels take them.
inline QgemmWeights described(const ConvGeometry& g, const QuantizedValues& weights) {
  return {weights.bytes.data(), weights.is_signed,       g.group_channels() * g.taps(), g.taps(), 1,
          weights.zeros.data(), weights.zeros.size() > 1};
}

/// Compares a kernel, a Qgemm or its like, with the definition, to the bit.
template <class Kernel>
void check_quantized(const ConvGeometry& g, const QconvOptions& o, const QconvOperands& operands,
                     const Kernel& kernel) {
  SCOPED_TRACE(testing::Message() << g.channels << " -> " << g.outputs << " channels, groups " << g.groups << ", input "
                                  << g.input[1] << " x " << g.input[2] << ", kernel " << g.kernel[1] << " x "
                                  << g.kernel[2]);
  const auto& [input, weights] = operands;
  const int64_t pixels = g.output_pixels(), output_step = g.outputs + o.gap;
  std::vector<int32_t> bias(static_cast<size_t>(g.outputs));
  for (size_t m = 0; m < bias.size(); ++m) bias[m] = static_cast<int32_t>(m * 977 % 5000) - 2500;
  const auto sums = quantized_convolution(g, input, g.channels + o.gap, weights);
  // The last pixel ends where readable memory does.
  const size_t used = input.bytes.size() - (input.bytes.empty() ? 0 : static_cast<size_t>(o.gap));
  test::GuardedBytes bytes(used);
  std::copy_n(input.bytes.data(), used, bytes.data());
  Buffer packed(static_cast<size_t>(kernel.packed_size()) * sizeof(int16_t)), scratch(kernel.scratch_bytes());
  kernel.pack(described(g, weights), packed.template as<int16_t>().data());
  Workers workers(o.threads);
  for (const Bounds bounds : {Bounds::PerOutput, Bounds::AllBytes, Bounds::Some}) {
    SCOPED_TRACE(testing::Message() << "bounds " << static_cast<int>(bounds));
    const QuantizedOutput scaled(o.result, g.outputs, g.group_channels() * g.taps(), o.signed_input,
                                 o.signed_input ? -7 : 9, bounds);
    std::vector<int32_t> expected;
    for (int64_t i = 0; i < pixels * g.outputs; ++i) {
      const int64_t m = i % g.outputs, begin = o.bias ? bias[static_cast<size_t>(m)] : 0;
      expected.push_back(quantized_result(scaled.to, sums[static_cast<size_t>(i)] + begin, m));
    }
    GuardedResults output(o.result, pixels, g.outputs, output_step);
    kernel.run({bytes.data(), static_cast<int32_t>(input.zero()), packed.template as<const int16_t>().data(),
                o.bias ? bias.data() : nullptr, scaled.to, output.data(), scratch.data()},
               workers);
    output.expect(expected);
    if (o.result != QgemmResult::Byte) break;
  }
}

}  // namespace cnn::reference
