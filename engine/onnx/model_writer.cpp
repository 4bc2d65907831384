// SPDX-License-Identifier: MIT
#include "engine/onnx/model_writer.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <protozero/pbf_writer.hpp>

namespace cnn::onnx {
namespace {

using protozero::pbf_writer;

constexpr size_t most_bytes = (size_t{1} << 31) - 1;

Status check_element(int number, const std::string& what) {
  CNN_TRY(type, element_type(number, what));
  if (type.storage == Storage::Same) return {};
  return error(ErrorCode::Unsupported, what, " has elements of type ", type.name, ", which cannot be written");
}

Status check(const ProtoModel& model) {
  if (!model.functions.empty())
    return error(ErrorCode::Unsupported, "a model with functions of its own cannot be written");
  size_t bytes = 0;
  for (const NamedTensor& tensor : model.graph.initializers) {
    CNN_CHECK(check_element(tensor.stated.number, "tensor " + tensor.name));
    bytes += tensor.tensor.desc.bytes();
  }
  for (const ProtoInput& input : model.graph.inputs)
    CNN_CHECK(check_element(input.stated_element, "input " + input.name));
  for (const ProtoNode& node : model.graph.nodes)
    for (const NamedAttribute& attribute : node.attributes) {
      const std::string what = node.name + ": attribute " + attribute.name;
      if (!attribute.unsupported.empty() || !attribute.reference.empty())
        return error(ErrorCode::Unsupported, what, " cannot be written");
      const Tensor* tensor = std::get_if<Tensor>(&attribute.value);
      if (!tensor) continue;
      CNN_CHECK(check_element(attribute.tensor_element, what));
      bytes += tensor->desc.bytes();
    }
  if (bytes > most_bytes) return error(ErrorCode::Unsupported, "tensors of ", bytes, " bytes, a file holds 2 GiB");
  return {};
}

void write_tensor(pbf_writer message, const std::string& name, const Tensor& tensor) {
  for (int64_t extent : tensor.desc.shape) message.add_int64(1, extent);
  message.add_int32(2, element_type_of(tensor.desc.dtype).number);
  if (!name.empty()) message.add_string(8, name);
  message.add_bytes(9, reinterpret_cast<const char*>(tensor.bytes.get()), tensor.desc.bytes());
}

/// The field of the value and AttributeProto.AttributeType.
struct ValueWriter {
  pbf_writer& message;
  void kind(int number) const { message.add_enum(20, number); }
  void operator()(float value) const { message.add_float(2, value), kind(1); }
  void operator()(int64_t value) const { message.add_int64(3, value), kind(2); }
  void operator()(const std::string& value) const { message.add_bytes(4, value), kind(3); }
  void operator()(const Tensor& value) const { write_tensor(pbf_writer(message, 5), "", value), kind(4); }
  void operator()(const std::vector<float>& values) const {
    for (float value : values) message.add_float(7, value);
    kind(6);
  }
  void operator()(const std::vector<int64_t>& values) const {
    for (int64_t value : values) message.add_int64(8, value);
    kind(7);
  }
  void operator()(const std::vector<std::string>& values) const {
    for (const std::string& value : values) message.add_bytes(9, value);
    kind(8);
  }
};

void write_node(pbf_writer message, const ProtoNode& node) {
  for (const std::string& input : node.inputs) message.add_string(1, input);
  for (const std::string& output : node.outputs) message.add_string(2, output);
  message.add_string(3, node.name);
  message.add_string(4, node.type);
  for (const NamedAttribute& attribute : node.attributes) {
    pbf_writer field(message, 5);
    field.add_string(1, attribute.name);
    std::visit(ValueWriter{field}, attribute.value);
  }
  if (!node.domain.empty()) message.add_string(7, node.domain);
}

/// Open extents get names: the first one "batch".
void write_type(pbf_writer message, int element, const std::optional<Shape>& shape) {
  pbf_writer tensor(message, 1);
  tensor.add_int32(1, element);
  if (!shape) return;
  pbf_writer extents(tensor, 2);
  for (size_t axis = 0; axis < shape->size(); ++axis) {
    pbf_writer extent(extents, 1);
    if ((*shape)[axis] >= 0)
      extent.add_int64(1, (*shape)[axis]);
    else
      extent.add_string(2, axis == 0 ? std::string("batch") : "extent_" + std::to_string(axis));
  }
}

void write_value(pbf_writer message, const std::string& name, int element, const std::optional<Shape>& shape) {
  message.add_string(1, name);
  if (element != 0) write_type(pbf_writer(message, 2), element, shape);
}

void write_graph(pbf_writer message, const ProtoGraph& graph) {
  for (const ProtoNode& node : graph.nodes) write_node(pbf_writer(message, 1), node);
  message.add_string(2, "graph");
  for (const NamedTensor& tensor : graph.initializers) write_tensor(pbf_writer(message, 5), tensor.name, tensor.tensor);
  for (const ProtoInput& input : graph.inputs)
    write_value(pbf_writer(message, 11), input.name, input.stated_element, input.type.shape);
  for (const ProtoOutput& output : graph.outputs)
    write_value(pbf_writer(message, 12), output.name, output.element, output.shape);
}

}  // namespace

NamedTensor named_tensor(std::string name, Tensor tensor) {
  const ElementType type = element_type_of(tensor.desc.dtype);
  return {std::move(name), type, std::move(tensor)};
}

Result<std::string> write_model(const ProtoModel& model) {
  CNN_CHECK(check(model));
  std::string bytes;
  pbf_writer writer(bytes);
  writer.add_int64(1, model.ir_version);
  writer.add_string(2, model.producer);
  write_graph(pbf_writer(writer, 7), model.graph);
  for (const auto& [domain, version] : model.opsets) {
    pbf_writer opset(writer, 8);
    if (!domain.empty()) opset.add_string(1, domain);
    opset.add_int64(2, version);
  }
  for (const auto& [key, value] : model.metadata) {
    pbf_writer entry(writer, 14);
    entry.add_string(1, key);
    entry.add_bytes(2, value);
  }
  if (bytes.size() > most_bytes) return error(ErrorCode::Unsupported, bytes.size(), " bytes, a model file holds 2 GiB");
  return bytes;
}

Status write_file(const std::string& path, std::string_view bytes) {
  const std::string part = path + ".part";
  std::ofstream file(part, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (file && std::rename(part.c_str(), path.c_str()) == 0) return {};
  const Error failure = error(ErrorCode::Io, path, ": cannot be written: ", std::strerror(errno));
  std::remove(part.c_str());
  return failure;
}

}  // namespace cnn::onnx
