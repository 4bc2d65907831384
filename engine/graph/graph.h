// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/api.h"
#include "engine/graph/op.h"

namespace cnn {

using ValueId = int;
constexpr ValueId no_value = -1;

/// A tensor that flows through the graph.
struct Value {
  std::string name;
  TensorType type;  ///< open extents are -1 until types are inferred
  Layout layout = Layout::Plain;
  std::optional<Tensor> constant;
};

struct Node {
  std::string name;
  std::shared_ptr<const Op> op;
  std::vector<ValueId> inputs;  ///< no_value: absent optional input
  std::vector<ValueId> outputs;
};

/// A network: values, nodes in topological order, inputs and outputs. Copyable: copies share constants and operators.
/// Used by one thread at a time.
class CNN_API Graph {
 public:
  std::vector<Value> values;
  std::vector<Node> nodes;
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;

  ValueId add_value(Value value) {
    values.push_back(std::move(value));
    return static_cast<ValueId>(values.size()) - 1;
  }
  Value& value(ValueId id) { return values[static_cast<size_t>(id)]; }
  const Value& value(ValueId id) const { return values[static_cast<size_t>(id)]; }
  const Tensor* constant(ValueId id) const {
    return id != no_value && value(id).constant ? &*value(id).constant : nullptr;
  }
  /// no_value when there is none.
  ValueId find_value(std::string_view name) const;
  bool is_output(ValueId id) const;

  /// Index of the node that makes each value, -1 for inputs and constants.
  std::vector<int> producers() const;
  /// Indices of the nodes that read each value (a node reading it twice stands twice).
  std::vector<std::vector<int>> consumers() const;
  /// Every use of `from` by nodes reads `to` instead; graph outputs stay as they are.
  void replace_uses(ValueId from, ValueId to);
  /// Drops nodes none of whose outputs is used, and marks nothing else.
  void remove_dead_nodes();
  /// What Op::infer is told about the node's inputs.
  std::vector<InputInfo> input_infos(const Node& node) const;

  /// Checks ids, single assignment, topological order and that outputs are made. `pass` names the culprit in the error.
  Status verify(std::string_view pass) const;
};

}  // namespace cnn
