// SPDX-License-Identifier: MIT
#include "engine/onnx/model_reader.h"

namespace cnn::onnx {
namespace {

std::string canonical(std::string domain) { return domain == "ai.onnx" ? "" : domain; }

void read_opset(pbf_reader message, Opsets& opsets) {
  std::string domain;
  int64_t version = 0;
  while (message.next()) switch (message.tag_and_type()) {
      case bytes(1):
        domain = message.get_string();
        break;
      case varint(2):
        version = message.get_int64();
        break;
      default:
        message.skip();
    }
  opsets[canonical(domain)] = version;
}

void add_metadata(std::pair<std::string, std::string> entry, std::map<std::string, std::string>& metadata) {
  metadata[std::move(entry.first)] = std::move(entry.second);
}

Result<ProtoFunction> read_function(pbf_reader message, TensorReader& tensors) {
  ProtoFunction function;
  while (message.next()) switch (message.tag_and_type()) {
      case bytes(1):
        function.name = message.get_string();
        break;
      case bytes(4):
        function.inputs.push_back(message.get_string());
        break;
      case bytes(5):
        function.outputs.push_back(message.get_string());
        break;
      case bytes(7): {
        CNN_TRY(node, read_node(message.get_message(), tensors));
        function.nodes.push_back(std::move(node));
        break;
      }
      case bytes(9):
        read_opset(message.get_message(), function.opsets);
        break;
      case bytes(10):
        function.domain = canonical(message.get_string());
        break;
      case bytes(11): {
        CNN_TRY(attribute, read_attribute(message.get_message(), "function " + function.name, tensors));
        function.defaults.push_back(std::move(attribute));
        break;
      }
      case bytes(13):
        function.overload = message.get_string();
        break;
      default:
        message.skip();
    }
  return function;
}

}  // namespace

Result<ProtoModel> read_model(std::span<const std::byte> file, TensorReader& tensors) {
  ProtoModel model;
  pbf_reader message(reinterpret_cast<const char*>(file.data()), file.size());
  while (message.next()) switch (message.tag_and_type()) {
      case varint(1):
        model.ir_version = message.get_int64();
        break;
      case bytes(2):
        model.producer = message.get_string();
        break;
      case bytes(7):
        model.has_graph = true;
        CNN_CHECK(read_graph(message.get_message(), tensors, model.graph));
        break;
      case bytes(8):
        read_opset(message.get_message(), model.opsets);
        break;
      case bytes(14):
        add_metadata(read_string_pair(message.get_message()), model.metadata);
        break;
      case bytes(25): {
        CNN_TRY(function, read_function(message.get_message(), tensors));
        model.functions.push_back(std::move(function));
        break;
      }
      default:
        message.skip();
    }
  return model;
}

}  // namespace cnn::onnx
