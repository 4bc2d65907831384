// SPDX-License-Identifier: MIT
#pragma once

#include "engine/base/workers.h"
#include "engine/kernels/activation.h"
#include "engine/kernels/conv_geometry.h"

namespace cnn {

/// Convolution with one filter per channel: geometry.groups == channels == outputs, depth 1.
/// Pixels of input, residual and output stand `..._step` floats apart (>= channels).
struct DepthwiseArguments {
  const ConvGeometry* geometry;
  const float* input;  ///< [images, height, width, channels]
  int64_t input_step;
  const float* packed;    ///< made by pack_depthwise()
  const float* bias;      ///< [channels] or null
  const float* residual;  ///< shaped like the output and added before the activation, or null; may be the output
  int64_t residual_step;
  float* output;  ///< [images, height, width, channels]
  int64_t output_step;
  Activation activation;
};

/// Floats of packed weights: [kernel height, kernel width, channels] and one row of zeros that stands for padding.
inline int64_t depthwise_packed_size(const ConvGeometry& geometry) { return (geometry.taps() + 1) * geometry.channels; }

/// Weights [channels, taps] with these floats between neighbours along each axis.
CNN_API void pack_depthwise(const ConvGeometry& geometry, const float* weights, int64_t channel_step, int64_t tap_step,
                            float* packed);

/// Any kernel, stride, dilation and padding; 3x3, 5x5 and 7x7 with stride 1 or 2 compute several columns at once.
/// Padding is neither copied nor multiplied above and below. Neither allocates nor fails.
CNN_API void depthwise(const DepthwiseArguments& arguments, Workers& workers);

/// Output rows [first, last) of one image, on the calling thread.
CNN_API void depthwise_rows(const DepthwiseArguments& arguments, int64_t image, int64_t first, int64_t last);

}  // namespace cnn
