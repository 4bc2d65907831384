// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/onnx/attribute_reader.h"

namespace cnn::onnx {

/// NodeProto; names are not checked yet.
struct ProtoNode {
  std::string name, type, domain, overload;
  std::vector<std::string> inputs, outputs;  ///< "": absent
  std::vector<NamedAttribute> attributes;
  int opset = 0;  ///< of `domain`; set when functions are inlined
};

/// ValueInfoProto of a graph input.
struct ProtoInput {
  std::string name;
  TensorType type;         ///< open extents: -1
  int stated_element = 0;  ///< TensorProto.DataType
};

/// ValueInfoProto of a graph output. Types are only written, never believed.
struct ProtoOutput {
  std::string name;
  int element = 0;             ///< TensorProto.DataType, 0: not stated
  std::optional<Shape> shape;  ///< open extents: -1
};

struct ProtoGraph {
  std::vector<ProtoNode> nodes;
  std::vector<ProtoInput> inputs;
  std::vector<NamedTensor> initializers;
  std::vector<ProtoOutput> outputs;
};

/// Versions of operator sets by domain; "" is ONNX's own.
using Opsets = std::map<std::string, int64_t>;

/// FunctionProto: an operator that the model itself defines.
struct ProtoFunction {
  std::string name, domain, overload;
  std::vector<std::string> inputs, outputs;
  std::vector<NamedAttribute> defaults;
  std::vector<ProtoNode> nodes;
  Opsets opsets;
};

struct ProtoModel {
  int64_t ir_version = 0;
  std::string producer;
  Opsets opsets;
  std::map<std::string, std::string> metadata;
  std::vector<ProtoFunction> functions;
  ProtoGraph graph;
  bool has_graph = false;
};

/// Reads a ModelProto (https://onnx.ai/onnx/repo-docs/IR.html). Throws what protozero throws.
Result<ProtoModel> read_model(std::span<const std::byte> file, TensorReader& tensors);

/// Adds what a GraphProto message holds to `graph`.
Status read_graph(pbf_reader message, TensorReader& tensors, ProtoGraph& graph);
Result<ProtoNode> read_node(pbf_reader message, TensorReader& tensors);

/// Most nodes of a model, those of inlined functions included.
constexpr size_t max_nodes = 1 << 16;

}  // namespace cnn::onnx
