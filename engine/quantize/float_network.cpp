// SPDX-License-Identifier: MIT
#include "engine/quantize/float_network.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "engine/onnx/function_inliner.h"
#include "engine/onnx/graph_builder.h"
#include "engine/onnx/mapped_file.h"
#include "engine/onnx/model_writer.h"
#include "engine/ops/conv.h"
#include "engine/passes/passes.h"
#include "engine/quantize/raise_opset.h"

namespace cnn {
namespace {

using onnx::ProtoGraph;
using onnx::ProtoModel;
using onnx::ProtoNode;

Result<ProtoModel> read_proto(const std::string& path) {
  CNN_TRY(file, onnx::map_file(path));
  const std::string folder = std::filesystem::path(path).parent_path().string();
  onnx::TensorReader tensors(file.bytes, folder.empty() ? "." : folder);
  CNN_TRY(proto, onnx::read_model(file.span(), tensors));
  if (!proto.has_graph) return error(ErrorCode::InvalidModel, "not an ONNX model: it holds no graph");
  CNN_TRY(nodes, onnx::inline_functions(proto));
  proto.graph.nodes = std::move(nodes);
  proto.functions.clear();
  return proto;
}

/// Initialisers need not be graph inputs since IR 4, and those that are not are known to be constant.
void drop_initialiser_inputs(ProtoGraph& graph) {
  std::set<std::string> known;
  for (const onnx::NamedTensor& tensor : graph.initializers) known.insert(tensor.name);
  std::erase_if(graph.inputs, [&](const onnx::ProtoInput& input) { return known.contains(input.name); });
}

void name_uniquely(ProtoGraph& graph) {
  std::set<std::string> names;
  for (ProtoNode& node : graph.nodes)
    for (int i = 1; !names.insert(node.name).second; ++i) node.name.append("_").append(std::to_string(i));
}

bool is_output(const ProtoGraph& graph, const std::string& name) {
  return std::any_of(graph.outputs.begin(), graph.outputs.end(),
                     [&](const auto& output) { return output.name == name; });
}

/// Identity and Dropout (without its mask), whose readers read what they read.
void drop_identities(ProtoGraph& graph) {
  std::unordered_map<std::string, std::string> same;
  const auto source = [&](const std::string& name) {
    const auto found = same.find(name);
    return found == same.end() ? name : found->second;
  };
  std::set<std::string> read;
  for (const ProtoNode& node : graph.nodes) read.insert(node.inputs.begin(), node.inputs.end());
  std::erase_if(graph.nodes, [&](const ProtoNode& node) {
    if (!node.domain.empty() || (node.type != "Identity" && node.type != "Dropout")) return false;
    if (node.inputs.empty() || node.outputs.empty() || is_output(graph, node.outputs[0])) return false;
    for (size_t i = 1; i < node.outputs.size(); ++i)
      if (read.contains(node.outputs[i]) || is_output(graph, node.outputs[i])) return false;
    same[node.outputs[0]] = source(node.inputs[0]);
    return true;
  });
  for (ProtoNode& node : graph.nodes)
    for (std::string& input : node.inputs) input = source(input);
}

/// Nodes that lead from the value `from` to the value `to`, one behind the other.
std::set<std::string> chain(const ProtoGraph& graph, const std::string& from, const std::string& to) {
  std::set<std::string> names;
  std::set<std::string> reached = {from};
  for (const ProtoNode& node : graph.nodes) {
    const bool reads =
        std::any_of(node.inputs.begin(), node.inputs.end(), [&](auto& name) { return reached.contains(name); });
    if (!reads || reached.contains(to)) continue;
    names.insert(node.name);
    reached.insert(node.outputs[0]);
  }
  return names;
}

/// What fold_batchnorm has done to the graph's convolutions is done to the file's.
void take_folded(ProtoGraph& proto, const Graph& graph) {
  std::unordered_map<std::string, size_t> positions;
  for (size_t i = 0; i < proto.nodes.size(); ++i) positions[proto.nodes[i].name] = i;
  std::set<std::string> gone;
  for (const Node& node : graph.nodes) {
    if (!dynamic_cast<const ConvOp*>(node.op.get())) continue;
    ProtoNode& conv = proto.nodes[positions.at(node.name)];
    const std::string& output = graph.value(node.outputs[0]).name;
    if (conv.outputs[0] == output) continue;
    gone.merge(chain(proto, conv.outputs[0], output));
    conv.outputs[0] = output;
    conv.inputs.resize(1);
    for (size_t i = 1; i < node.inputs.size(); ++i) {
      const Value& value = graph.value(node.inputs[i]);
      conv.inputs.push_back(value.name);
      proto.initializers.push_back(onnx::named_tensor(value.name, *value.constant));
    }
  }
  std::erase_if(proto.nodes, [&](const ProtoNode& node) { return gone.contains(node.name); });
}

Status infer_and_fold(Graph& graph, const std::map<std::string, Shape>& input_shapes) {
  SessionOptions options;
  options.input_shapes = input_shapes;
  CNN_CHECK(resolve_inputs(graph, options, 1));
  CNN_CHECK(infer_types(graph, 1));
  graph.remove_dead_nodes();
  FoldedConstants folded;
  CNN_CHECK(fold_batchnorm(graph, folded));
  graph.remove_dead_nodes();
  return graph.verify("fold_batchnorm");
}

Result<FloatNetwork> read_network(const std::string& path, const std::map<std::string, Shape>& input_shapes) {
  FloatNetwork network;
  CNN_TRY(proto, read_proto(path));
  network.proto = std::move(proto);
  ProtoGraph& stated = network.proto.graph;
  drop_initialiser_inputs(stated);
  drop_identities(stated);
  name_uniquely(stated);
  CNN_TRY(graph, onnx::build_graph(stated));
  network.graph = std::move(graph);
  CNN_CHECK(infer_and_fold(network.graph, input_shapes));
  take_folded(stated, network.graph);
  CNN_CHECK(raise_opset(network.proto, network.graph));
  CNN_CHECK(onnx::write_model(network.proto));
  return network;
}

}  // namespace

Result<FloatNetwork> FloatNetwork::read(const std::string& path, const std::map<std::string, Shape>& input_shapes) try {
  auto network = read_network(path, input_shapes);
  if (!network) return Error{network.error().code, path + ": " + network.error().what};
  network->index();
  return network;
} catch (const std::exception& failure) {
  return error(ErrorCode::InvalidModel, path, ": ", failure.what());
}

void FloatNetwork::index() {
  for (size_t i = 0; i < graph.values.size(); ++i) values_.emplace(graph.values[i].name, i);
  for (size_t i = 0; i < graph.nodes.size(); ++i) nodes_.emplace(graph.nodes[i].name, i);
}

const Value* FloatNetwork::value(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : &graph.values[found->second];
}

const Tensor* FloatNetwork::constant(const std::string& name) const {
  const Value* found = value(name);
  return found && found->constant && found->constant->desc.dtype == DataType::Float32 ? &*found->constant : nullptr;
}

const Node* FloatNetwork::node(const std::string& name) const {
  const auto found = nodes_.find(name);
  return found == nodes_.end() ? nullptr : &graph.nodes[found->second];
}

Result<Model> as_model(const onnx::ProtoModel& proto) {
  Model model;
  CNN_TRY(graph, onnx::build_graph(proto.graph));
  model.graph = std::move(graph);
  model.metadata = proto.metadata;
  model.ir_version = proto.ir_version;
  model.opset = proto.opsets.at("");
  model.producer = proto.producer;
  return model;
}

}  // namespace cnn
