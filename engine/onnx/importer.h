// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/base/api.h"
#include "engine/session.h"

namespace cnn {

/// Reads an ONNX model (https://onnx.ai/onnx/repo-docs/IR.html) from the file `path`; external data is taken from the
/// model's own folder only. Untrusted files are expected: every size is checked, nothing recurses without bound.
/// Errors start with the path. A model with unsupported nodes is refused with one Error that lists all of them.
CNN_API Result<Model> import_model(const std::string& path);

/// The same from memory; `folder` is where external data may lie ("": external data is refused).
CNN_API Result<Model> import_model_bytes(std::span<const std::byte> bytes, const std::string& folder);

/// A TensorProto file (.pb) as cnn-verify and the conformance suite use it. `stated` is ONNX's name of the element type
/// in the file ("float16"), which may differ from the type in memory.
struct TensorFile {
  std::string name;
  std::string stated;
  Tensor tensor;
};
CNN_API Result<TensorFile> read_tensor_file(const std::string& path);

}  // namespace cnn
