// SPDX-License-Identifier: MIT
#include "engine/onnx/topological_order.h"

#include <functional>
#include <queue>

namespace cnn::onnx {
namespace {

constexpr size_t nobody = static_cast<size_t>(-1);

/// Walks from a node that waits to what it waits for, until it must be on the cycle.
size_t node_on_cycle(const std::vector<Wiring>& nodes, const std::vector<size_t>& producer,
                     const std::vector<size_t>& missing) {
  size_t node = 0;
  while (missing[node] == 0) ++node;
  for (size_t i = 0; i < nodes.size(); ++i)
    for (ValueId id : nodes[node].inputs) {
      const size_t before = id == no_value ? nobody : producer[static_cast<size_t>(id)];
      if (before == nobody || missing[before] == 0) continue;
      node = before;
      break;
    }
  return node;
}

}  // namespace

Order topological_order(const std::vector<Wiring>& nodes, size_t value_count) {
  std::vector<size_t> producer(value_count, nobody);
  for (size_t n = 0; n < nodes.size(); ++n)
    for (ValueId id : nodes[n].outputs)
      if (id != no_value) producer[static_cast<size_t>(id)] = n;

  std::vector<size_t> missing(nodes.size(), 0);
  std::vector<std::vector<size_t>> readers(nodes.size());
  for (size_t n = 0; n < nodes.size(); ++n)
    for (ValueId id : nodes[n].inputs)
      if (id != no_value && producer[static_cast<size_t>(id)] != nobody) {
        readers[producer[static_cast<size_t>(id)]].push_back(n);
        ++missing[n];
      }

  std::priority_queue<size_t, std::vector<size_t>, std::greater<>> ready;
  for (size_t n = 0; n < nodes.size(); ++n)
    if (missing[n] == 0) ready.push(n);
  Order order;
  order.nodes.reserve(nodes.size());
  while (!ready.empty()) {
    const size_t n = ready.top();
    ready.pop();
    order.nodes.push_back(n);
    for (size_t reader : readers[n])
      if (--missing[reader] == 0) ready.push(reader);
  }
  if (order.nodes.size() != nodes.size()) return {true, {node_on_cycle(nodes, producer, missing)}};
  return order;
}

}  // namespace cnn::onnx
