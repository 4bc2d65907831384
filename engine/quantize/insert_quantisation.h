// SPDX-License-Identifier: MIT
#pragma once

#include <unordered_map>

#include "engine/quantize/ranges.h"
#include "engine/quantize/units.h"

namespace cnn {

/// Scales by name of the tensor.
using ByteScales = std::unordered_map<std::string, ByteScale>;

/// The network with QuantizeLinear and DequantizeLinear behind every tensor of `scales` (uint8), with int8 weights, one
/// scale per channel, and int32 biases in the active Products; a standard ONNX model, of whose integer parts any engine
/// may make use. Only initialisers that are used are kept.
onnx::ProtoModel insert_quantisation(const FloatNetwork& network, const std::vector<Unit>& units,
                                     const std::vector<bool>& active, const ByteScales& scales);

}  // namespace cnn
