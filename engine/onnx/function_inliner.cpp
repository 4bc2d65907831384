// SPDX-License-Identifier: MIT
#include "engine/onnx/function_inliner.h"

#include <algorithm>
#include <limits>
#include <tuple>

namespace cnn::onnx {
namespace {

constexpr int max_depth = 32;
/// Later versions may change what an operator means.
constexpr int64_t newest_opset = 28;
constexpr size_t max_copied_bytes = size_t{256} << 20;

const NamedAttribute* find(const std::vector<NamedAttribute>& attributes, const std::string& name) {
  auto found = std::find_if(attributes.begin(), attributes.end(), [&](const auto& a) { return a.name == name; });
  return found == attributes.end() ? nullptr : &*found;
}

/// Of the memory that a copy takes; the bytes of tensors are shared.
size_t bytes_of(const NamedAttribute& attribute) {
  struct Visitor {
    size_t operator()(const std::string& text) const { return text.size(); }
    size_t operator()(const std::vector<int64_t>& numbers) const { return numbers.size() * sizeof(int64_t); }
    size_t operator()(const std::vector<float>& numbers) const { return numbers.size() * sizeof(float); }
    size_t operator()(const std::vector<std::string>& texts) const {
      size_t bytes = 0;
      for (const std::string& text : texts) bytes += sizeof(text) + text.size();
      return bytes;
    }
    size_t operator()(const Tensor&) const { return 0; }
    size_t operator()(int64_t) const { return 0; }
    size_t operator()(float) const { return 0; }
  };
  return sizeof(attribute) + attribute.name.size() + std::visit(Visitor(), attribute.value);
}

class Inliner {
 public:
  explicit Inliner(const ProtoModel& model) : model_(model) {
    for (const ProtoFunction& f : model.functions) functions_[{f.domain, f.name, f.overload}] = &f;
  }

  Status expand(ProtoNode node, const Opsets& opsets, int depth) {
    if (auto found = functions_.find({node.domain, node.type, node.overload}); found != functions_.end())
      return expand_call(node, *found->second, depth);
    CNN_TRY(version, version_of(node, opsets));
    node.opset = version;
    if (nodes.size() == max_nodes)
      return error(ErrorCode::Unsupported, "the graph with its functions has more than ", max_nodes, " nodes");
    if (depth > 0) CNN_CHECK(count_copies(node));
    nodes.push_back(std::move(node));
    return {};
  }

  std::vector<ProtoNode> nodes;

 private:
  Result<int> version_of(const ProtoNode& node, const Opsets& opsets) const {
    auto found = opsets.find(node.domain);
    if (found == opsets.end()) found = model_.opsets.find(node.domain);
    if (found == model_.opsets.end()) {
      if (model_.ir_version < 3 || !node.domain.empty()) return 1;
      return error(ErrorCode::InvalidModel, node.name, ": the model imports no version of ONNX's operator set");
    }
    if (found->second < 1 || found->second > std::numeric_limits<int>::max())
      return error(ErrorCode::InvalidModel, "operator set version ", found->second, " of domain \"", node.domain,
                   "\" is impossible");
    if (node.domain.empty() && found->second > newest_opset)
      return error(ErrorCode::Unsupported, "the model needs opset ", found->second, ", the newest known one is ",
                   newest_opset);
    return static_cast<int>(found->second);
  }

  /// Names and attributes in a small file must not multiply into gigabytes.
  Status count_copies(const ProtoNode& node) {
    copied_bytes_ += node.name.size();
    for (const auto* names : {&node.inputs, &node.outputs})
      for (const std::string& name : *names) copied_bytes_ += sizeof(name) + name.size();
    for (const NamedAttribute& attribute : node.attributes) copied_bytes_ += bytes_of(attribute);
    if (copied_bytes_ <= max_copied_bytes) return {};
    return error(ErrorCode::Unsupported, "the nodes of the model's functions take more than ", max_copied_bytes,
                 " bytes");
  }

  Status expand_call(const ProtoNode& call, const ProtoFunction& function, int depth) {
    if (depth == max_depth)
      return error(ErrorCode::InvalidModel, call.name, ": function ", function.name, " nests deeper than ", max_depth);
    if (call.inputs.size() > function.inputs.size() || call.outputs.size() > function.outputs.size())
      return error(ErrorCode::InvalidModel, call.name, ": ", call.inputs.size(), " inputs and ", call.outputs.size(),
                   " outputs for function ", function.name, " with ", function.inputs.size(), " and ",
                   function.outputs.size());
    if (calls_ == max_nodes)
      return error(ErrorCode::Unsupported, "the model has more than ", max_nodes, " calls of functions");
    const std::string prefix = function.name + "#" + std::to_string(calls_++) + "/";
    std::map<std::string, std::string> outer;  // names of the body as the caller knows them
    for (size_t i = 0; i < function.inputs.size(); ++i)
      outer[function.inputs[i]] = i < call.inputs.size() ? call.inputs[i] : "";
    std::vector<ProtoNode> passed;  // outputs that are inputs handed through
    for (size_t i = 0; i < call.outputs.size(); ++i) {
      if (call.outputs[i].empty()) continue;
      const auto [place, is_new] = outer.emplace(function.outputs[i], call.outputs[i]);
      if (!is_new)
        passed.push_back({prefix + "identity", "Identity", "", "", {place->second}, {call.outputs[i]}, {}, 0});
    }
    auto rename = [&](std::string& name) {
      if (name.empty()) return;
      auto found = outer.find(name);
      name = found == outer.end() ? prefix + name : found->second;
    };
    for (ProtoNode node : function.nodes) {
      node.name = prefix + node.name;
      std::for_each(node.inputs.begin(), node.inputs.end(), rename);
      std::for_each(node.outputs.begin(), node.outputs.end(), rename);
      resolve_attributes(node, call, function);
      CNN_CHECK(expand(std::move(node), function.opsets, depth + 1));
    }
    for (ProtoNode& node : passed) CNN_CHECK(expand(std::move(node), function.opsets, depth + 1));
    return {};
  }

  /// References take the call's attribute, else the function's default; without either the attribute is absent.
  static void resolve_attributes(ProtoNode& node, const ProtoNode& call, const ProtoFunction& function) {
    std::vector<NamedAttribute> resolved;
    for (NamedAttribute& attribute : node.attributes) {
      if (attribute.reference.empty()) {
        resolved.push_back(std::move(attribute));
        continue;
      }
      const NamedAttribute* source = find(call.attributes, attribute.reference);
      if (!source) source = find(function.defaults, attribute.reference);
      if (!source) continue;
      resolved.push_back(*source);
      resolved.back().name = attribute.name;
    }
    node.attributes = std::move(resolved);
  }

  const ProtoModel& model_;
  std::map<std::tuple<std::string, std::string, std::string>, const ProtoFunction*> functions_;
  size_t calls_ = 0;
  size_t copied_bytes_ = 0;
};

}  // namespace

Result<std::vector<ProtoNode>> inline_functions(ProtoModel& model) {
  Inliner inliner(model);
  inliner.nodes.reserve(model.graph.nodes.size());
  for (ProtoNode& node : model.graph.nodes) CNN_CHECK(inliner.expand(std::move(node), model.opsets, 0));
  model.graph.nodes.clear();
  return std::move(inliner.nodes);
}

}  // namespace cnn::onnx
