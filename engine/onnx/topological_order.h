// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "engine/base/result.h"
#include "engine/graph/graph.h"

namespace cnn::onnx {

/// What a node reads and writes.
struct Wiring {
  std::vector<ValueId> inputs, outputs;
};

/// Indices of nodes in an order in which each reads only what earlier ones made; the given order where it is one.
/// On a cycle: the index of a node on it, and `cyclic` is true.
struct Order {
  bool cyclic = false;
  std::vector<size_t> nodes;
};
Order topological_order(const std::vector<Wiring>& nodes, size_t value_count);

}  // namespace cnn::onnx
