// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "engine/base/workers.h"
#include "engine/kernels/conv_geometry.h"
#include "engine/kernels/qgemm.h"

namespace cnn {

/// Convolution of bytes with one filter per channel: geometry.groups == channels == outputs, depth 1; else as Qgemm.
struct QdepthwiseArguments {
  const ConvGeometry* geometry;
  const void* input;  ///< [images, height, width, channels]
  bool signed_input;
  int32_t input_zero;     ///< also what lies outside of the image
  int64_t input_step;     ///< bytes from pixel to pixel
  const int16_t* packed;  ///< made by pack_qdepthwise()
  const int32_t* bias;    ///< [channels] or null
  QgemmOutput to;
  std::byte* output;    ///< [images, height, width, channels]
  int64_t output_step;  ///< results from pixel to pixel
  std::byte* scratch;   ///< qdepthwise_scratch_bytes(), 64-byte aligned
};

/// Pairs of taps that are multiplied at once: those of two rows, below one another, and neighbours in the last one of
/// an odd number of rows.
inline int64_t qdepthwise_pairs(const ConvGeometry& geometry) {
  return geometry.kernel[1] / 2 * geometry.kernel[2] + geometry.kernel[1] % 2 * ((geometry.kernel[2] + 1) / 2);
}
/// int16 of packed weights: [qdepthwise_pairs(), channels, 2], then the sum of each channel's weights as int32. What
/// has no partner is paired with 0.
inline int64_t qdepthwise_packed_size(const ConvGeometry& geometry) {
  return (qdepthwise_pairs(geometry) + 1) * geometry.channels * 2;
}
/// Weights [channels, 1, taps].
CNN_API void pack_qdepthwise(const ConvGeometry& geometry, const Qgemm::Weights& weights, int16_t* packed);

inline size_t qdepthwise_scratch_bytes(const ConvGeometry& geometry) {
  return static_cast<size_t>(geometry.channels) * (sizeof(int32_t) + 1);
}

/// Any kernel, stride, dilation and padding; 3x3 and 5x5 with stride 1 or 2 compute several columns at once.
/// Neither allocates nor fails.
CNN_API void qdepthwise(const QdepthwiseArguments& arguments, Workers& workers);

}  // namespace cnn
