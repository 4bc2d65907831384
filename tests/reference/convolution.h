// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "engine/kernels/conv_geometry.h"

namespace cnn::reference {

/// Convolution by its definition, in double precision: input [images, depth, height, width, channels] with `step`
/// floats from pixel to pixel, weights [outputs, channels / groups, kernel...]; returns [images, depth, height, width,
/// outputs].
inline std::vector<double> convolution(const ConvGeometry& g, const std::vector<float>& input, int64_t step,
                                       const std::vector<float>& weights) {
  std::vector<double> result;
  const int64_t group_channels = g.group_channels();
  for (int64_t image = 0; image < g.images; ++image)
    for (int64_t z = 0; z < g.output[0]; ++z)
      for (int64_t y = 0; y < g.output[1]; ++y)
        for (int64_t x = 0; x < g.output[2]; ++x)
          for (int64_t m = 0; m < g.outputs; ++m) {
            double sum = 0;
            const float* w = weights.data() + m * group_channels * g.taps();
            for (int64_t c = 0; c < group_channels; ++c)
              for (int64_t kz = 0; kz < g.kernel[0]; ++kz)
                for (int64_t ky = 0; ky < g.kernel[1]; ++ky)
                  for (int64_t kx = 0; kx < g.kernel[2]; ++kx, ++w) {
                    const int64_t iz = z * g.stride[0] + kz * g.dilation[0] - g.pad_begin[0];
                    const int64_t iy = y * g.stride[1] + ky * g.dilation[1] - g.pad_begin[1];
                    const int64_t ix = x * g.stride[2] + kx * g.dilation[2] - g.pad_begin[2];
                    if (iz < 0 || iy < 0 || ix < 0 || iz >= g.input[0] || iy >= g.input[1] || ix >= g.input[2])
                      continue;
                    const int64_t pixel = ((image * g.input[0] + iz) * g.input[1] + iy) * g.input[2] + ix;
                    const int64_t channel = m / g.group_outputs() * group_channels + c;
                    sum += static_cast<double>(input[static_cast<size_t>(pixel * step + channel)]) * *w;
                  }
            result.push_back(sum);
          }
  return result;
}

}  // namespace cnn::reference
