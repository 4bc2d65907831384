// SPDX-License-Identifier: MIT
#include "engine/onnx/attribute_reader.h"

#include <optional>

namespace cnn::onnx {
namespace {

/// AttributeProto.AttributeType.
enum Kind : int64_t {
  Undefined,
  Float,
  Int,
  String,
  TensorKind,
  Graph,
  Floats,
  Ints,
  Strings,
  Tensors,
  Graphs,
  SparseTensor,
  SparseTensors,
  Type,
  Types
};

struct Fields {
  std::string name, reference;
  int64_t kind = Undefined;
  float real = 0;
  int64_t integer = 0;
  std::string text;
  std::optional<pbf_reader> tensor;
  protozero::data_view graph;
  std::vector<float> reals;
  std::vector<int64_t> integers;
  std::vector<std::string> texts;
  int64_t last = Undefined;  ///< kind of the last field that held a value: files of IR 1 state no kind
};

Fields read_fields(pbf_reader message) {
  Fields f;
  while (message.next()) {
    int64_t kind = Undefined;
    switch (message.tag_and_type()) {
      case bytes(1):
        f.name = message.get_string();
        break;
      case fixed32(2):
        f.real = message.get_float(), kind = Float;
        break;
      case varint(3):
        f.integer = message.get_int64(), kind = Int;
        break;
      case bytes(4):
        f.text = message.get_string(), kind = String;
        break;
      case bytes(5):
        f.tensor = message.get_message(), kind = TensorKind;
        break;
      case bytes(6):
        f.graph = message.get_view(), kind = Graph;
        break;
      case fixed32(7):
        f.reals.push_back(message.get_float()), kind = Floats;
        break;
      case bytes(7):
        append(f.reals, message.get_packed_float()), kind = Floats;
        break;
      case varint(8):
        f.integers.push_back(message.get_int64()), kind = Ints;
        break;
      case bytes(8):
        append(f.integers, message.get_packed_int64()), kind = Ints;
        break;
      case bytes(9):
        f.texts.push_back(message.get_string()), kind = Strings;
        break;
      case bytes(10):
        message.skip(), kind = Tensors;
        break;
      case bytes(11):
        message.skip(), kind = Graphs;
        break;
      case varint(20):
        f.kind = message.get_int64();
        break;
      case bytes(21):
        f.reference = message.get_string();
        break;
      case bytes(22):
        message.skip(), kind = SparseTensor;
        break;
      case bytes(23):
        message.skip(), kind = SparseTensors;
        break;
      default:
        message.skip();
    }
    if (kind != Undefined) f.last = kind;
  }
  if (f.kind == Undefined) f.kind = f.last;
  return f;
}

}  // namespace

Result<NamedAttribute> read_attribute(pbf_reader message, const std::string& node, TensorReader& tensors) {
  Fields f = read_fields(message);
  if (f.name.empty()) return error(ErrorCode::InvalidModel, node, ": an attribute has no name");
  NamedAttribute attribute{f.name, f.reference, "", int64_t{0}, 0};
  if (!f.reference.empty()) return attribute;
  switch (f.kind) {
    case Float:
      attribute.value = f.real;
      break;
    case Int:
      attribute.value = f.integer;
      break;
    case String:
      attribute.value = std::move(f.text);
      break;
    case Floats:
      attribute.value = std::move(f.reals);
      break;
    case Ints:
      attribute.value = std::move(f.integers);
      break;
    case Strings:
      attribute.value = std::move(f.texts);
      break;
    case TensorKind: {
      if (!f.tensor) return error(ErrorCode::InvalidModel, node, ": attribute ", f.name, " holds no tensor");
      CNN_TRY(named, tensors.read(*f.tensor, node + "." + f.name));
      attribute.tensor_element = named.stated.number;
      attribute.value = std::move(named.tensor);
      break;
    }
    case Graph:
      attribute.graph = {f.graph.data(), f.graph.size()};
      [[fallthrough]];
    case Graphs:
      attribute.unsupported = "graph";
      break;
    case Tensors:
      attribute.unsupported = "list of tensors";
      break;
    case SparseTensor:
    case SparseTensors:
      attribute.unsupported = "sparse tensor";
      break;
    case Type:
    case Types:
      attribute.unsupported = "type";
      break;
    default:
      return error(ErrorCode::InvalidModel, node, ": attribute ", f.name, " is of kind ", f.kind,
                   ", which ONNX does not define");
  }
  return attribute;
}

}  // namespace cnn::onnx
