// SPDX-License-Identifier: MIT
#include "engine/onnx/branch_inliner.h"

#include <algorithm>
#include <set>

namespace cnn::onnx {
namespace {

constexpr int max_depth = 32;

const NamedAttribute* find(const ProtoNode& node, std::string_view name) {
  const auto found = std::ranges::find(node.attributes, name, &NamedAttribute::name);
  return found == node.attributes.end() ? nullptr : &*found;
}

std::optional<bool> truth_of(const Tensor& tensor) {
  if (tensor.desc.dtype != DataType::Bool || tensor.desc.count() != 1) return {};
  return tensor.data<bool>()[0];
}

class BranchInliner {
 public:
  explicit BranchInliner(TensorReader& tensors) : tensors_(tensors) {}

  void know(const NamedTensor& constant) { know(constant.name, truth_of(constant.tensor)); }

  Status flatten(std::vector<ProtoNode>& nodes, int depth) {
    std::vector<ProtoNode> flat;
    for (ProtoNode& node : nodes) {
      const NamedAttribute* branch = branch_of(node);
      if (branch) {
        CNN_CHECK(splice(node, *branch, depth, flat));
      } else {
        follow(node);
        flat.push_back(std::move(node));
      }
      if (flat.size() > max_nodes || count_ > max_nodes)
        return error(ErrorCode::Unsupported, "the graph with its branches has more than ", max_nodes, " nodes");
    }
    nodes = std::move(flat);
    return {};
  }

 private:
  void know(const std::string& name, std::optional<bool> truth) {
    if (truth)
      truths_.insert_or_assign(name, *truth);
    else
      truths_.erase(name);  // branches beside one another may use a name for different things
  }

  std::optional<bool> truth_of_input(const ProtoNode& node) const {
    const auto found = node.inputs.empty() ? truths_.end() : truths_.find(node.inputs[0]);
    if (found == truths_.end()) return {};
    return found->second;
  }

  /// What is known of a node's outputs.
  void follow(const ProtoNode& node) {
    std::optional<bool> truth;
    const bool own = node.domain.empty() && node.outputs.size() == 1;
    if (own && node.type == "Constant") {
      const NamedAttribute* value = find(node, "value");
      if (const auto* tensor = value ? std::get_if<Tensor>(&value->value) : nullptr) truth = truth_of(*tensor);
    } else if (own && (node.type == "Identity" || node.type == "Not")) {
      truth = truth_of_input(node);
      if (truth && node.type == "Not") truth = !*truth;
    }
    for (const std::string& output : node.outputs) know(output, truth);
  }

  /// The branch that an If takes; null for other nodes and where that is not known.
  const NamedAttribute* branch_of(const ProtoNode& node) const {
    if (node.type != "If" || !node.domain.empty()) return nullptr;
    const std::optional<bool> truth = truth_of_input(node);
    if (!truth) return nullptr;
    const NamedAttribute* branch = find(node, *truth ? "then_branch" : "else_branch");
    return branch && branch->graph.data() ? branch : nullptr;
  }

  Status splice(const ProtoNode& node, const NamedAttribute& attribute, int depth, std::vector<ProtoNode>& flat) {
    if (depth == max_depth)
      return error(ErrorCode::InvalidModel, node.name, ": branches nest deeper than ", max_depth);
    ProtoGraph branch;
    CNN_CHECK(read_graph(pbf_reader(attribute.graph.data(), attribute.graph.size()), tensors_, branch));
    if (branch.outputs.size() != node.outputs.size())
      return error(ErrorCode::InvalidModel, node.name, ": the branch has ", branch.outputs.size(), " outputs and the If ",
                   node.outputs.size());
    std::vector<ProtoNode> body;
    for (NamedTensor& constant : branch.initializers) {
      NamedAttribute value{"value", "", "", std::move(constant.tensor), constant.stated.number};
      body.push_back({constant.name, "Constant", "", "", {}, {constant.name}, {std::move(value)}, 0});
    }
    std::ranges::move(branch.nodes, std::back_inserter(body));
    CNN_CHECK(flatten(body, depth + 1));
    count_ += body.size();
    rename_made(body, "If#" + std::to_string(calls_++) + "/", branch.outputs);
    for (ProtoNode& inner : body) {
      follow(inner);
      flat.push_back(std::move(inner));
    }
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      ProtoNode out{node.name + "/output", "Identity", "", "", {branch.outputs[i].name}, {node.outputs[i]}, {}, 0};
      follow(out);
      flat.push_back(std::move(out));
    }
    return {};
  }

  /// Names of a branch are its own; those it does not make are of the graph around it.
  static void rename_made(std::vector<ProtoNode>& body, const std::string& prefix, std::vector<ProtoOutput>& outputs) {
    std::set<std::string> made;
    for (const ProtoNode& inner : body) made.insert(inner.outputs.begin(), inner.outputs.end());
    const auto rename = [&](std::string& name) {
      if (!name.empty() && made.contains(name)) name = prefix + name;
    };
    for (ProtoNode& inner : body) {
      inner.name = prefix + inner.name;
      std::ranges::for_each(inner.inputs, rename);
      std::ranges::for_each(inner.outputs, rename);
    }
    for (ProtoOutput& output : outputs) rename(output.name);
  }

  TensorReader& tensors_;
  std::map<std::string, bool> truths_;
  size_t calls_ = 0, count_ = 0;
};

}  // namespace

Status inline_branches(ProtoModel& model, TensorReader& tensors) {
  for (ProtoFunction& function : model.functions) CNN_CHECK(BranchInliner(tensors).flatten(function.nodes, 0));
  BranchInliner inliner(tensors);
  for (const NamedTensor& constant : model.graph.initializers) inliner.know(constant);
  return inliner.flatten(model.graph.nodes, 0);
}

}  // namespace cnn::onnx
