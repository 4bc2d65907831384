// SPDX-License-Identifier: MIT
#include "engine/onnx/graph_builder.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "engine/onnx/topological_order.h"
#include "engine/ops/advice.h"
#include "engine/ops/op_table.h"

namespace cnn::onnx {
namespace {

void drop_trailing_absent(std::vector<std::string>& names) {
  while (!names.empty() && names.back().empty()) names.pop_back();
}

class Builder {
 public:
  explicit Builder(ProtoGraph source) : source_(std::move(source)) {}

  Result<Graph> build() {
    CNN_CHECK(add_initializers());
    CNN_CHECK(add_inputs());
    CNN_CHECK(add_node_outputs());
    std::vector<Wiring> wiring(source_.nodes.size());
    for (size_t n = 0; n < wiring.size(); ++n) {
      CNN_TRY(wired, wire(source_.nodes[n]));
      wiring[n] = std::move(wired);
    }
    CNN_CHECK(add_outputs());
    const Order order = topological_order(wiring, graph_.values.size());
    if (order.cyclic)
      return error(ErrorCode::InvalidModel, source_.nodes[order.nodes.front()].name, " depends on its own output");
    for (size_t n : order.nodes) CNN_CHECK(add_node(source_.nodes[n], std::move(wiring[n])));
    if (!unsupported_.empty()) return refusal();
    CNN_CHECK(graph_.verify("import"));
    return std::move(graph_);
  }

 private:
  Status define(Value value, const std::string& maker) {
    if (ids_.contains(value.name))
      return error(ErrorCode::InvalidModel, "tensor ", value.name, " is made twice, the second time by ", maker);
    std::string name = value.name;
    ids_.emplace(std::move(name), graph_.add_value(std::move(value)));
    return {};
  }

  Status add_initializers() {
    for (NamedTensor& named : source_.initializers) {
      if (named.name.empty()) return error(ErrorCode::InvalidModel, "an initialiser has no name");
      TensorType type{named.tensor.desc.dtype, named.tensor.desc.shape};
      stated_elements_[named.name] = named.stated.number;
      CNN_CHECK(define({named.name, std::move(type), Layout::Plain, std::move(named.tensor)}, "an initialiser"));
    }
    return {};
  }

  Status add_inputs() {
    std::unordered_set<std::string> seen;
    for (ProtoInput& input : source_.inputs) {
      if (!seen.insert(input.name).second)
        return error(ErrorCode::InvalidModel, "graph input ", input.name, " is listed twice");
      if (ids_.contains(input.name)) continue;
      stated_elements_[input.name] = input.stated_element;
      CNN_CHECK(define({input.name, std::move(input.type), Layout::Plain, std::nullopt}, "a graph input"));
      graph_.inputs.push_back(ids_.at(input.name));
    }
    return {};
  }

  Status add_node_outputs() {
    for (ProtoNode& node : source_.nodes) {
      drop_trailing_absent(node.inputs);
      drop_trailing_absent(node.outputs);
      name_uniquely(node);
      if (node.outputs.empty()) return error(ErrorCode::InvalidModel, node.name, " (", node.type, ") has no outputs");
      for (const std::string& output : node.outputs)
        if (!output.empty()) CNN_CHECK(define({output, {}, Layout::Plain, std::nullopt}, node.name));
    }
    return {};
  }

  /// Packed weights are shared by node name.
  void name_uniquely(ProtoNode& node) {
    if (names_.insert(node.name).second) return;
    std::string name;
    do {
      name = node.name + "_" + std::to_string(++repeated_);
    } while (!names_.insert(name).second);
    node.name = std::move(name);
  }

  Result<Wiring> wire(const ProtoNode& node) const {
    Wiring wiring;
    for (const std::string& name : node.inputs) {
      auto found = ids_.find(name);
      if (!name.empty() && found == ids_.end())
        return error(ErrorCode::InvalidModel, node.name, " (", node.type, ") reads ", name, ", which nothing makes");
      wiring.inputs.push_back(name.empty() ? no_value : found->second);
    }
    for (const std::string& name : node.outputs) wiring.outputs.push_back(name.empty() ? no_value : ids_.at(name));
    return wiring;
  }

  Status add_outputs() {
    if (source_.outputs.empty()) return error(ErrorCode::InvalidModel, "the graph has no outputs");
    for (const ProtoOutput& output : source_.outputs) {
      const std::string& name = output.name;
      auto found = ids_.find(name);
      if (found == ids_.end()) return error(ErrorCode::InvalidModel, "graph output \"", name, "\" is made by nothing");
      graph_.outputs.push_back(found->second);
    }
    return {};
  }

  Status add_node(ProtoNode& source, Wiring wiring) {
    NodeSource node{source.name,
                    source.type,
                    source.domain,
                    source.opset,
                    {},
                    static_cast<int>(source.inputs.size()),
                    static_cast<int>(source.outputs.size())};
    std::string reason;
    for (NamedAttribute& attribute : source.attributes) {
      if (node.attributes.has(attribute.name))
        return error(ErrorCode::InvalidModel, source.name, ": attribute ", attribute.name, " is given twice");
      if (!attribute.reference.empty())
        return error(ErrorCode::InvalidModel, source.name, ": attribute ", attribute.name, " refers to ",
                     attribute.reference, " outside a function");
      if (!attribute.unsupported.empty()) reason = attribute.name + " is a " + attribute.unsupported;
      node.attributes.set(std::move(attribute.name), std::move(attribute.value));
    }
    state_element_type(source, node);
    auto op = parse_op(node);
    if (!op && op.error().code != ErrorCode::Unsupported) return op.error();
    if (!op || !reason.empty()) add_advice(advice_for(node));
    if (!op) {
      unsupported_.push_back(op.error().what);
    } else if (!reason.empty()) {
      unsupported_.push_back(source.name + ": " + source.type + ": attribute " + reason + ", which is not supported");
    } else {
      graph_.nodes.push_back({source.name, *std::move(op), std::move(wiring.inputs), std::move(wiring.outputs)});
    }
    return {};
  }

  /// Memory does not tell types below 8 bits and small floats from wider ones: operators that take their result's type
  /// from an input get it as the attribute that newer versions have.
  void state_element_type(const ProtoNode& source, NodeSource& node) const {
    const bool like = node.type == "CastLike", quantizes = node.type == "QuantizeLinear";
    if (!node.domain.empty() || (!like && !quantizes)) return;
    const size_t input = like ? 1 : 2;
    const auto stated =
        input < source.inputs.size() ? stated_elements_.find(source.inputs[input]) : stated_elements_.end();
    const std::string attribute = like ? "to" : "output_dtype";
    if (stated != stated_elements_.end() && !node.attributes.has(attribute))
      node.attributes.set(attribute, stated->second);
  }

  Error refusal() const {
    constexpr size_t most = 100;
    std::string text;
    for (size_t i = 0; i < std::min(most, unsupported_.size()); ++i) text += (i ? "; " : "") + unsupported_[i];
    if (unsupported_.size() > most) text += "; and " + std::to_string(unsupported_.size() - most) + " more";
    if (unsupported_.size() > 1) text = std::to_string(unsupported_.size()) + " nodes are not supported: " + text;
    for (const std::string& advice : advice_) text += (&advice == &advice_.front() ? "; what to do: " : "; ") + advice;
    return {ErrorCode::Unsupported, text};
  }

  void add_advice(std::string advice) {
    if (!advice.empty() && std::find(advice_.begin(), advice_.end(), advice) == advice_.end())
      advice_.push_back(std::move(advice));
  }

  ProtoGraph source_;
  Graph graph_;
  std::unordered_map<std::string, ValueId> ids_;
  std::unordered_map<std::string, int64_t> stated_elements_;  ///< TensorProto.DataType of inputs and initialisers
  std::unordered_set<std::string> names_;
  size_t repeated_ = 0;
  std::vector<std::string> unsupported_;
  std::vector<std::string> advice_;
};

}  // namespace

Result<Graph> build_graph(ProtoGraph graph) { return Builder(std::move(graph)).build(); }

}  // namespace cnn::onnx
