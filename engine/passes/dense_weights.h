// SPDX-License-Identifier: MIT
#pragma once

#include "engine/graph/graph.h"

namespace cnn {

/// Whether input 1 of `node` is a constant matrix of Float32.
inline bool has_dense_weights(const Graph& graph, const Node& node) {
  const Tensor* weights = node.inputs.size() < 2 ? nullptr : graph.constant(node.inputs[1]);
  return weights && weights->desc.rank() == 2 && weights->desc.dtype == DataType::Float32;
}

}  // namespace cnn
