// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>
#include <set>

#include "engine/ops/layout.h"
#include "engine/ops/transpose.h"
#include "engine/passes/passes.h"

namespace cnn {
namespace {

size_t rank_of(const Graph& graph, ValueId id) { return graph.value(id).type.shape.size(); }

/// Whether both layouts have the same bytes in the same order.
bool same_in_both_layouts(const Shape& shape) {
  if (shape.size() < 3 || shape[1] == 1) return true;
  return std::all_of(shape.begin() + 2, shape.end(), [](int64_t extent) { return extent == 1; });
}

/// The axes of `shape` that are longer than 1, in memory order.
std::vector<int64_t> memory_order(const Shape& shape, Layout layout, std::span<const int64_t> source_axis) {
  const TensorDesc desc{DataType::Float32, shape, layout};
  std::vector<int64_t> order(shape.size());
  for (size_t axis = 0; axis < shape.size(); ++axis)
    order[static_cast<size_t>(desc.physical_axis(static_cast<int>(axis)))] = source_axis[axis];
  std::erase_if(order, [&](int64_t axis) {
    for (size_t i = 0; i < shape.size(); ++i)
      if (source_axis[i] == axis) return shape[i] == 1;
    return false;
  });
  return order;
}

class LayoutAssignment {
 public:
  explicit LayoutAssignment(Graph& graph) : graph_(graph), readers_(graph.consumers()) {}

  void run() {
    for (ValueId id : graph_.inputs)
      if (rank_of(graph_, id) >= 3 && wants_channels_last(id)) graph_.value(id).layout = Layout::ChannelsLast;
    std::vector<Node> nodes = std::move(graph_.nodes);
    const std::set<ValueId> outputs(graph_.outputs.begin(), graph_.outputs.end());
    for (Node& node : nodes) {
      place(node);
      const std::vector<ValueId> results = node.outputs;
      placed_.push_back(std::move(node));
      // At once: what was just written is in a cache, and its memory is free sooner.
      for (ValueId id : results)
        if (id != no_value && outputs.contains(id)) in_layout(id, Layout::Plain);
    }
    for (ValueId& id : graph_.outputs)
      if (id != no_value && !graph_.value(id).constant) id = in_layout(id, Layout::Plain);
    graph_.nodes = std::move(placed_);
  }

 private:
  /// Whether an operator that works in ChannelsLast comes before one that works in Plain, on any way from `id`.
  bool wants_channels_last(ValueId id) const {
    std::vector<ValueId> open{id};
    std::vector<bool> seen(graph_.values.size(), false);
    while (!open.empty()) {
      const ValueId value = open.back();
      open.pop_back();
      if (seen[static_cast<size_t>(value)]) continue;
      seen[static_cast<size_t>(value)] = true;
      for (int reader : readers_[static_cast<size_t>(value)]) {
        const Node& node = graph_.nodes[static_cast<size_t>(reader)];
        if (node.op->layout_rule() == LayoutRule::ChannelsLast) return true;
        if (node.op->layout_rule() == LayoutRule::Any)
          for (ValueId next : node.outputs)
            if (next != no_value) open.push_back(next);
      }
    }
    return false;
  }

  /// `id` in `layout`: itself, or the result of a Reorder or View that is put before the next node.
  ValueId in_layout(ValueId id, Layout layout) {
    const Value& value = graph_.value(id);
    if (value.constant || value.layout == layout || value.type.shape.size() < 3) return id;
    ValueId& converted = converted_[{id, layout}];
    if (converted == no_value_yet) {
      const bool free = same_in_both_layouts(value.type.shape);
      const Shape shape = value.type.shape;
      Value copy{value.name, value.type, layout, {}};
      const std::string name = value.name;
      converted = graph_.add_value(std::move(copy));
      std::shared_ptr<const Op> op;
      if (free)
        op = std::make_shared<ViewOp>(shape);
      else
        op = std::make_shared<ReorderOp>();
      placed_.push_back({name + (free ? "/view" : "/reorder"), std::move(op), {id}, {converted}});
    }
    return converted;
  }

  void set_outputs(const Node& node, size_t rank, Layout layout) {
    for (ValueId id : node.outputs)
      if (id != no_value && rank_of(graph_, id) == rank && rank >= 3) graph_.value(id).layout = layout;
  }

  void place(Node& node) {
    if (auto* transpose = dynamic_cast<const TransposeOp*>(node.op.get()); transpose && place_transpose(node, *transpose))
      return;
    switch (node.op->layout_rule()) {
      case LayoutRule::Plain:
        for (ValueId& id : node.inputs)
          if (id != no_value) id = in_layout(id, Layout::Plain);
        break;
      case LayoutRule::ChannelsLast: place_channels_last(node); break;
      case LayoutRule::Any: place_any(node); break;
    }
  }

  void place_channels_last(Node& node) {
    const Shape result = graph_.value(node.outputs[0]).type.shape;  // in_layout() adds values
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      ValueId& id = node.inputs[i];
      if (id == no_value) continue;
      const bool residual = i >= 2 && graph_.value(id).type.shape == result;
      id = in_layout(id, i == 0 || residual ? Layout::ChannelsLast : Layout::Plain);
    }
    for (ValueId id : node.outputs)
      if (id != no_value) set_outputs(node, rank_of(graph_, id), Layout::ChannelsLast);
  }

  void place_any(Node& node) {
    const size_t rank = rank_of(graph_, node.outputs[0]);
    Layout layout = Layout::Plain;
    for (ValueId id : node.inputs)
      if (id != no_value && !graph_.value(id).constant && rank_of(graph_, id) == rank && rank >= 3 &&
          graph_.value(id).layout == Layout::ChannelsLast && !same_in_both_layouts(graph_.value(id).type.shape))
        layout = Layout::ChannelsLast;
    for (ValueId& id : node.inputs)
      if (id != no_value) id = in_layout(id, rank_of(graph_, id) == rank ? layout : Layout::Plain);
    set_outputs(node, rank, layout);
  }

  /// A Transpose whose result has the same bytes in the same order, in one of the layouts, becomes a View.
  bool place_transpose(Node& node, const TransposeOp& transpose) {
    const Value& input = graph_.value(node.inputs[0]);
    Value& output = graph_.value(node.outputs[0]);
    const std::vector<int> stated = transpose.perm(static_cast<int>(input.type.shape.size()));
    const std::vector<int64_t> perm(stated.begin(), stated.end());
    std::vector<int64_t> natural(perm.size());
    for (size_t axis = 0; axis < natural.size(); ++axis) natural[axis] = static_cast<int64_t>(axis);
    const auto source = memory_order(input.type.shape, input.layout, natural);
    for (Layout layout : {Layout::Plain, Layout::ChannelsLast}) {
      if (layout == Layout::ChannelsLast && perm.size() < 3) continue;
      if (memory_order(output.type.shape, layout, perm) != source) continue;
      output.layout = layout;
      node.op = std::make_shared<ViewOp>(output.type.shape);
      return true;
    }
    return false;
  }

  static constexpr ValueId no_value_yet = 0;  // what std::map makes; never a converted value, since those come last
  Graph& graph_;
  std::vector<std::vector<int>> readers_;
  std::vector<Node> placed_;
  std::map<std::pair<ValueId, Layout>, ValueId> converted_;
};

}  // namespace

Status assign_layouts(Graph& graph) {
  LayoutAssignment(graph).run();
  return {};
}

}  // namespace cnn
