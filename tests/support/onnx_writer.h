// SPDX-License-Identifier: MIT
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/graph/attributes.h"

namespace cnn::test {

/// A node's attribute from literals: {"axis", 1}, {"alpha", 0.5}, {"strides", {2, 2}}, {"mode", "linear"}, {"value",
/// tensor}.
struct OnnxAttribute {
  OnnxAttribute(std::string n, int v) : name(std::move(n)), value(int64_t{v}) {}
  OnnxAttribute(std::string n, int64_t v) : name(std::move(n)), value(v) {}
  OnnxAttribute(std::string n, double v) : name(std::move(n)), value(static_cast<float>(v)) {}
  OnnxAttribute(std::string n, float v) : name(std::move(n)), value(v) {}
  OnnxAttribute(std::string n, const char* v) : name(std::move(n)), value(std::string(v)) {}
  OnnxAttribute(std::string n, std::initializer_list<int> v)
      : name(std::move(n)), value(std::vector<int64_t>(v.begin(), v.end())) {}
  OnnxAttribute(std::string n, std::initializer_list<double> v)
      : name(std::move(n)), value(std::vector<float>(v.begin(), v.end())) {}
  OnnxAttribute(std::string n, std::initializer_list<const char*> v)
      : name(std::move(n)), value(std::vector<std::string>(v.begin(), v.end())) {}
  OnnxAttribute(std::string n, AttributeValue v) : name(std::move(n)), value(std::move(v)) {}

  std::string name;
  AttributeValue value;
};

/// ONNX's number of an element type in memory.
int onnx_type(DataType type);

/// The bytes of a TensorProto that holds `tensor` (Plain) as raw_data.
std::string tensor_message(const std::string& name, const Tensor& tensor);
/// Writes tensor_message() into a file: input_0.pb of a test data set.
void save_tensor(const std::string& path, const std::string& name, const Tensor& tensor);
void save_bytes(const std::string& path, std::string_view bytes);

/// Builds the bytes of an ONNX model for tests:
///   OnnxWriter w;
///   w.input("x", {1, 3, 8, 8});
///   w.initializer("w", floats({4, 3, 3, 3}, weights));
///   w.node("Conv", {"x", "w"}, {"y"}, {{"strides", {2, 2}}});
///   w.output("y");
///   w.save(path);
class OnnxWriter {
 public:
  explicit OnnxWriter(int opset = 18, int ir_version = 8);

  /// An extent of -1 is written as a symbolic dimension. `type` is ONNX's number of the element type (1: float).
  OnnxWriter& input(const std::string& name, const Shape& shape, int type = 1);
  /// An input of another kind: `type_proto` is the serialised TypeProto.
  OnnxWriter& input_message(const std::string& name, const std::string& type_proto);
  OnnxWriter& initializer(const std::string& name, const Tensor& tensor);
  OnnxWriter& weights(const std::string& name, const Shape& shape, const std::vector<float>& values);
  OnnxWriter& integers(const std::string& name, const std::vector<int64_t>& values);
  /// A serialised TensorProto as it is.
  OnnxWriter& initializer_message(const std::string& message);
  OnnxWriter& node(const std::string& type, const std::vector<std::string>& inputs,
                   const std::vector<std::string>& outputs, const std::vector<OnnxAttribute>& attributes = {},
                   const std::string& name = "", const std::string& domain = "");
  /// A serialised NodeProto as it is.
  OnnxWriter& node_message(const std::string& message);
  OnnxWriter& output(const std::string& name);
  OnnxWriter& metadata(const std::string& key, const std::string& value);
  OnnxWriter& opset(const std::string& domain, int version);
  /// A serialised FunctionProto as it is.
  OnnxWriter& function_message(const std::string& message);

  std::string bytes() const;
  /// Writes bytes() into the file `path`.
  void save(const std::string& path) const;

 private:
  std::string model_;  ///< every field of ModelProto but the graph
  std::string graph_;
};

/// The bytes of a NodeProto.
std::string node_message(const std::string& type, const std::vector<std::string>& inputs,
                         const std::vector<std::string>& outputs, const std::vector<OnnxAttribute>& attributes = {},
                         const std::string& name = "", const std::string& domain = "");

}  // namespace cnn::test
