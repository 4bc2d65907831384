// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "engine/onnx/model_reader.h"

namespace cnn::onnx {

/// The bytes of a ModelProto with everything in them that read_model() reads (https://onnx.ai/onnx/repo-docs/IR.html).
/// Tensors are written as raw data inside the file. Unsupported: tensors whose elements differ in memory from the file
/// (float16, double, packed integers), functions (inline_functions() first), attributes that Attributes cannot hold,
/// and more than the 2 GiB that a protobuf message may have.
Result<std::string> write_model(const ProtoModel& model);

/// A tensor to be written, with the element type of its memory.
NamedTensor named_tensor(std::string name, Tensor tensor);

/// Writes `bytes` into the file `path`: as a whole or, with an Error (Io) that starts with the path, not at all.
Status write_file(const std::string& path, std::string_view bytes);

}  // namespace cnn::onnx
