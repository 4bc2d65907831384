// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "engine/passes/quantized_graph.h"

namespace cnn {

/// The node that makes `output` in place of what is between the bytes of the input and weights of a Conv, Gemm or
/// MatMul (with an Add of a constant behind it) that makes `product`: bytes as `y` says, float32 without `y`.
/// `bounds` are real numbers. Adds constants to the graph.
std::optional<Node> quantized_product(const QuantizedGraph& graph, ValueId product, const ResultBounds& bounds,
                                      const std::optional<QuantizedTensor>& y, ValueId output);

/// The same of a BatchNormalization, `source`, of bytes with constant coefficients; `bounds` are bytes.
std::optional<Node> quantized_affine(const QuantizedGraph& graph, const Node& source, const ResultBounds& bounds,
                                     const QuantizedTensor& y, ValueId output);

}  // namespace cnn
