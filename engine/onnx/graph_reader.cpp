// SPDX-License-Identifier: MIT
#include "engine/onnx/model_reader.h"

namespace cnn::onnx {
namespace {

int64_t read_extent(pbf_reader message) {
  int64_t extent = -1;
  while (message.next()) switch (message.tag_and_type()) {
      case varint(1):
        extent = std::max<int64_t>(-1, message.get_int64());
        break;  // exporters write -1 for "open"
      case bytes(2):
        message.skip(), extent = -1;
        break;
      default:
        message.skip();
    }
  return extent;
}

Shape read_shape(pbf_reader message) {
  Shape shape;
  while (message.next()) switch (message.tag_and_type()) {
      case bytes(1):
        shape.push_back(read_extent(message.get_message()));
        break;
      default:
        message.skip();
    }
  return shape;
}

struct ProtoType {
  std::string_view kind;  ///< "" where the file states none
  int64_t element = 0;
  bool has_shape = false;
  Shape shape;
};

void read_tensor_type(pbf_reader message, ProtoType& type) {
  while (message.next()) switch (message.tag_and_type()) {
      case varint(1):
        type.element = message.get_int64();
        break;
      case bytes(2):
        type.shape = read_shape(message.get_message()), type.has_shape = true;
        break;
      default:
        message.skip();
    }
}

ProtoType read_type(pbf_reader message) {
  ProtoType type;
  while (message.next()) switch (message.tag_and_type()) {
      case bytes(1):
        type.kind = "tensor", read_tensor_type(message.get_message(), type);
        break;
      case bytes(4):
        message.skip(), type.kind = "sequence";
        break;
      case bytes(5):
        message.skip(), type.kind = "map";
        break;
      case bytes(8):
        message.skip(), type.kind = "sparse tensor";
        break;
      case bytes(9):
        message.skip(), type.kind = "optional";
        break;
      default:
        message.skip();
    }
  return type;
}

Result<ProtoInput> read_input(pbf_reader message) {
  std::string name;
  ProtoType type;
  while (message.next()) switch (message.tag_and_type()) {
      case bytes(1):
        name = message.get_string();
        break;
      case bytes(2):
        type = read_type(message.get_message());
        break;
      default:
        message.skip();
    }
  const std::string what = "input " + name;
  if (name.empty()) return error(ErrorCode::InvalidModel, "a graph input has no name");
  if (type.kind.empty()) return error(ErrorCode::InvalidModel, what, " states no type");
  if (type.kind != "tensor")
    return error(ErrorCode::Unsupported, what, " is of kind ", type.kind, ", only tensors are supported");
  CNN_TRY(element, element_type(type.element, what));
  if (!type.has_shape) return error(ErrorCode::Unsupported, what, " states no shape");
  if (type.shape.size() > max_rank)
    return error(ErrorCode::Unsupported, what, " has rank ", type.shape.size(), ", at most ", max_rank,
                 " are supported");
  return ProtoInput{std::move(name), {element.memory, std::move(type.shape)}, element.number};
}

ProtoOutput read_output(pbf_reader message) {
  ProtoOutput output;
  while (message.next()) switch (message.tag_and_type()) {
      case bytes(1):
        output.name = message.get_string();
        break;
      case bytes(2): {
        const ProtoType type = read_type(message.get_message());
        if (type.kind != "tensor") break;
        output.element = static_cast<int>(type.element);
        if (type.has_shape) output.shape = type.shape;
        break;
      }
      default:
        message.skip();
    }
  return output;
}

std::string sparse_name(pbf_reader message) {  // SparseTensorProto: its values carry the name
  while (message.next()) switch (message.tag_and_type()) {
      case bytes(1): {
        pbf_reader values = message.get_message();
        while (values.next()) switch (values.tag_and_type()) {
            case bytes(8):
              return values.get_string();
            default:
              values.skip();
          }
        break;
      }
      default:
        message.skip();
    }
  return "?";
}

}  // namespace

Result<ProtoNode> read_node(pbf_reader message, TensorReader& tensors) {
  ProtoNode node;
  std::vector<pbf_reader> attributes;  // read last, so that errors can name the node
  while (message.next()) switch (message.tag_and_type()) {
      case bytes(1):
        node.inputs.push_back(message.get_string());
        break;
      case bytes(2):
        node.outputs.push_back(message.get_string());
        break;
      case bytes(3):
        node.name = message.get_string();
        break;
      case bytes(4):
        node.type = message.get_string();
        break;
      case bytes(5):
        attributes.push_back(message.get_message());
        break;
      case bytes(7):
        node.domain = message.get_string();
        break;
      case bytes(8):
        node.overload = message.get_string();
        break;
      default:
        message.skip();
    }
  if (node.domain == "ai.onnx") node.domain.clear();
  if (node.name.empty()) node.name = node.outputs.empty() ? "" : node.outputs.front();
  if (node.name.empty()) node.name = node.type;
  if (node.type.empty()) return error(ErrorCode::InvalidModel, "node \"", node.name, "\" states no operator");
  for (pbf_reader attribute : attributes) {
    CNN_TRY(named, read_attribute(attribute, node.name, tensors));
    node.attributes.push_back(std::move(named));
  }
  return node;
}

Status read_graph(pbf_reader message, TensorReader& tensors, ProtoGraph& graph) {
  while (message.next()) switch (message.tag_and_type()) {
      case bytes(1): {
        if (graph.nodes.size() == max_nodes)
          return error(ErrorCode::Unsupported, "the graph has more than ", max_nodes, " nodes");
        CNN_TRY(node, read_node(message.get_message(), tensors));
        graph.nodes.push_back(std::move(node));
        break;
      }
      case bytes(5): {
        CNN_TRY(tensor, tensors.read(message.get_message(), "number " + std::to_string(graph.initializers.size())));
        graph.initializers.push_back(std::move(tensor));
        break;
      }
      case bytes(11): {
        CNN_TRY(input, read_input(message.get_message()));
        graph.inputs.push_back(std::move(input));
        break;
      }
      case bytes(12):
        graph.outputs.push_back(read_output(message.get_message()));
        break;
      case bytes(15):
        return error(ErrorCode::Unsupported, "initialiser ", sparse_name(message.get_message()),
                     " is sparse, which is not supported");
      default:
        message.skip();
    }
  return {};
}

}  // namespace cnn::onnx
