// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "tests/reference/convolution.h"
#include "tests/support/run_op.h"

namespace cnn::test {

/// The sums of a 3x3 convolution with padding 1 of x [1, c, side, side] with weights [m, c, 3, 3] by definition, in double
/// precision; [side, side, m].
inline std::vector<double> convolution_sums(const Tensor& x, const Tensor& weights) {
  const int64_t channels = x.desc.shape[1], side = x.desc.shape[2];
  std::vector<float> pixels;
  for (int64_t p = 0; p < side * side; ++p)
    for (int64_t c = 0; c < channels; ++c) pixels.push_back(x.data<float>()[c * side * side + p]);
  ConvGeometry g;
  g.images = 1;
  g.channels = channels;
  g.outputs = weights.desc.shape[0];
  g.input = g.output = {1, side, side};
  g.kernel = {1, 3, 3};
  g.pad_begin = {0, 1, 1};
  const auto& w = weights.values<float>();
  return reference::convolution(g, pixels, channels, {w.begin(), w.end()});
}

}  // namespace cnn::test
