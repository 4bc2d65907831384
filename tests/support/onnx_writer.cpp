// SPDX-License-Identifier: MIT
#include "tests/support/onnx_writer.h"

#include <fstream>
#include <protozero/pbf_writer.hpp>
#include <stdexcept>

namespace cnn::test {
namespace {

using protozero::pbf_writer;

std::string opset_message(const std::string& domain, int version) {
  std::string bytes;
  pbf_writer writer(bytes);
  if (!domain.empty()) writer.add_string(1, domain);
  writer.add_int64(2, version);
  return bytes;
}

std::string type_message(const Shape& shape, int type) {
  std::string bytes;
  pbf_writer writer(bytes);
  pbf_writer tensor(writer, 1);
  tensor.add_int32(1, type);
  pbf_writer extents(tensor, 2);
  for (size_t i = 0; i < shape.size(); ++i) {
    pbf_writer extent(extents, 1);
    if (shape[i] < 0)
      extent.add_string(2, std::string("d").append(std::to_string(i)));
    else
      extent.add_int64(1, shape[i]);
  }
  extents.commit();
  tensor.commit();
  return bytes;
}

struct WriteValue {
  pbf_writer& writer;
  void kind(int number) { writer.add_enum(20, number); }
  void operator()(float value) { writer.add_float(2, value), kind(1); }
  void operator()(int64_t value) { writer.add_int64(3, value), kind(2); }
  void operator()(const std::string& value) { writer.add_bytes(4, value), kind(3); }
  void operator()(const Tensor& value) { writer.add_message(5, tensor_message("", value)), kind(4); }
  void operator()(const std::vector<float>& values) {
    writer.add_packed_float(7, values.begin(), values.end()), kind(6);
  }
  void operator()(const std::vector<int64_t>& values) {
    for (int64_t value : values) writer.add_int64(8, value);  // not packed, as ONNX's own files are
    kind(7);
  }
  void operator()(const std::vector<std::string>& values) {
    for (const std::string& value : values) writer.add_bytes(9, value);
    kind(8);
  }
};

}  // namespace

int onnx_type(DataType type) {
  switch (type) {
    case DataType::Float32:
      return 1;
    case DataType::UInt8:
      return 2;
    case DataType::Int8:
      return 3;
    case DataType::UInt16:
      return 4;
    case DataType::Int16:
      return 5;
    case DataType::Int32:
      return 6;
    case DataType::Int64:
      return 7;
    case DataType::Bool:
      return 9;
    case DataType::UInt32:
      return 12;
    case DataType::UInt64:
      return 13;
  }
  return 0;
}

std::string tensor_message(const std::string& name, const Tensor& tensor) {
  std::string bytes;
  pbf_writer writer(bytes);
  writer.add_packed_int64(1, tensor.desc.shape.begin(), tensor.desc.shape.end());
  writer.add_int32(2, onnx_type(tensor.desc.dtype));
  if (!name.empty()) writer.add_string(8, name);
  writer.add_bytes(9, reinterpret_cast<const char*>(tensor.bytes.get()), tensor.desc.bytes());
  return bytes;
}

void save_bytes(const std::string& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

void save_tensor(const std::string& path, const std::string& name, const Tensor& tensor) {
  save_bytes(path, tensor_message(name, tensor));
}

std::string node_message(const std::string& type, const std::vector<std::string>& inputs,
                         const std::vector<std::string>& outputs, const std::vector<OnnxAttribute>& attributes,
                         const std::string& name, const std::string& domain) {
  std::string bytes;
  pbf_writer writer(bytes);
  for (const std::string& input : inputs) writer.add_string(1, input);
  for (const std::string& output : outputs) writer.add_string(2, output);
  if (!name.empty()) writer.add_string(3, name);
  writer.add_string(4, type);
  if (!domain.empty()) writer.add_string(7, domain);
  for (const OnnxAttribute& attribute : attributes) {
    pbf_writer message(writer, 5);
    message.add_string(1, attribute.name);
    std::visit(WriteValue{message}, attribute.value);
  }
  return bytes;
}

OnnxWriter::OnnxWriter(int opset_version, int ir_version) {
  pbf_writer(model_).add_int64(1, ir_version);
  opset("", opset_version);
}

OnnxWriter& OnnxWriter::input_message(const std::string& name, const std::string& type_proto) {
  pbf_writer writer(graph_);
  pbf_writer value(writer, 11);
  value.add_string(1, name);
  value.add_message(2, type_proto);
  return *this;
}

OnnxWriter& OnnxWriter::input(const std::string& name, const Shape& shape, int type) {
  return input_message(name, type_message(shape, type));
}

OnnxWriter& OnnxWriter::initializer_message(const std::string& message) {
  pbf_writer(graph_).add_message(5, message);
  return *this;
}

OnnxWriter& OnnxWriter::initializer(const std::string& name, const Tensor& tensor) {
  return initializer_message(tensor_message(name, tensor));
}

OnnxWriter& OnnxWriter::weights(const std::string& name, const Shape& shape, const std::vector<float>& values) {
  return initializer(name, tensor_of<float>(shape, values));
}

OnnxWriter& OnnxWriter::integers(const std::string& name, const std::vector<int64_t>& values) {
  return initializer(name, tensor_of<int64_t>({static_cast<int64_t>(values.size())}, values));
}

OnnxWriter& OnnxWriter::node_message(const std::string& message) {
  pbf_writer(graph_).add_message(1, message);
  return *this;
}

OnnxWriter& OnnxWriter::node(const std::string& type, const std::vector<std::string>& inputs,
                             const std::vector<std::string>& outputs, const std::vector<OnnxAttribute>& attributes,
                             const std::string& name, const std::string& domain) {
  return node_message(test::node_message(type, inputs, outputs, attributes, name, domain));
}

OnnxWriter& OnnxWriter::output(const std::string& name) {
  pbf_writer writer(graph_);
  pbf_writer(writer, 12).add_string(1, name);
  return *this;
}

OnnxWriter& OnnxWriter::metadata(const std::string& key, const std::string& value) {
  pbf_writer writer(model_);
  pbf_writer entry(writer, 14);
  entry.add_string(1, key);
  entry.add_string(2, value);
  return *this;
}

OnnxWriter& OnnxWriter::opset(const std::string& domain, int version) {
  pbf_writer(model_).add_message(8, opset_message(domain, version));
  return *this;
}

OnnxWriter& OnnxWriter::function_message(const std::string& message) {
  pbf_writer(model_).add_message(25, message);
  return *this;
}

std::string OnnxWriter::bytes() const {
  std::string bytes = model_;
  pbf_writer(bytes).add_message(7, graph_);
  return bytes;
}

void OnnxWriter::save(const std::string& path) const { save_bytes(path, bytes()); }

}  // namespace cnn::test
