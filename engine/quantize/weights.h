// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "engine/graph/tensor.h"

namespace cnn {

/// int8 weights with one scale per channel along `axis` and zero points of 0.
struct QuantisedWeights {
  Tensor integers;            ///< Int8, the shape of the weights
  std::vector<float> scales;  ///< one per channel
};

/// The largest magnitude of each channel becomes 127. `weights` Float32. `least_scales`: empty, or scales per channel
/// that are kept as a minimum, so that a bias in units of input scale * weight scale fits int32.
QuantisedWeights quantise_weights(const Tensor& weights, size_t axis, const std::vector<float>& least_scales);

/// The least weight scale of each channel with which its bias stays below 2^30.
std::vector<float> least_scales(const Tensor& bias, float input_scale);

/// Float32 [m] in units of input_scale * scales[m].
Tensor quantise_bias(const Tensor& bias, float input_scale, const std::vector<float>& scales);

}  // namespace cnn
