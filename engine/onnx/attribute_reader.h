// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "engine/graph/attributes.h"
#include "engine/onnx/tensor_reader.h"

namespace cnn::onnx {

/// One AttributeProto.
struct NamedAttribute {
  std::string name;
  std::string reference;    ///< inside functions: the function's attribute that gives the value
  std::string unsupported;  ///< kind that Attributes cannot hold ("graph", "sparse tensor"); then `value` is not set
  AttributeValue value;
  int tensor_element = 0;  ///< TensorProto.DataType of a tensor, as in the file
  std::string_view graph = {};  ///< the GraphProto of kind "graph", in the file's bytes
};

/// `node` names the node in errors. Throws what protozero throws.
Result<NamedAttribute> read_attribute(pbf_reader message, const std::string& node, TensorReader& tensors);

}  // namespace cnn::onnx
