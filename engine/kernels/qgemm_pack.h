// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "engine/base/api.h"
#include "engine/kernels/conv_geometry.h"
#include "engine/kernels/gemm_panels.h"

namespace cnn {

/// Weights [outputs, channels / groups, taps] with these elements between neighbours along each axis; int8 or uint8.
/// Zero points of that type: null (0), or that of output m at zeros[m * zero_step].
struct QgemmWeights {
  const void* data;
  bool is_signed;
  int64_t output_step, channel_step, tap_step;
  const void* zeros;
  int64_t zero_step;
};

/// Reads weights of type T, int8 or uint8.
template <class T>
struct QgemmReader {
  const QgemmWeights& weights;

  int zero(int64_t m) const { return weights.zeros ? static_cast<const T*>(weights.zeros)[m * weights.zero_step] : 0; }
  /// Of output m, channel c and tap; its zero point is not subtracted.
  int at(int64_t m, int64_t c, int64_t tap) const {
    return static_cast<const T*>(
        weights.data)[m * weights.output_step + c * weights.channel_step + tap * weights.tap_step];
  }
};

/// body(reader) with the weights' type.
template <class Body>
auto read_weights(const QgemmWeights& weights, Body&& body) {
  return weights.is_signed ? body(QgemmReader<int8_t>{weights}) : body(QgemmReader<uint8_t>{weights});
}

/// Whether all weights less their zero points are int8, as quads of weights are.
CNN_API bool fits_quads(const ConvGeometry& geometry, const QgemmWeights& weights);

/// Weights less their zero points as pairs of int16, of all groups; panels of lanes of one group. 0 beside the last
/// channel of an odd number.
void pack_pairs(const GemmPanels& panels, const ConvGeometry& geometry, const QgemmWeights& weights, int16_t* packed);

/// The same of one group with [tap, channel] as channels of one tap.
void pack_windows(const GemmPanels& panels, const ConvGeometry& geometry, const QgemmWeights& weights, int16_t* packed);

/// The same as quads of int8, and sums [outputs] of each output's weights, which wrap around. Weights must fit.
void pack_quads(const GemmPanels& panels, const ConvGeometry& geometry, const QgemmWeights& weights, int8_t* packed,
                int32_t* sums);

}  // namespace cnn
