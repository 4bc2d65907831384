// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <span>
#include <string>

#include "engine/onnx/mapped_file.h"

namespace cnn::onnx {

/// TensorProto.external_data as the file states it (https://onnx.ai/onnx/repo-docs/ExternalData.html).
struct ExternalReference {
  std::string location;
  std::string offset;  ///< decimal; empty: 0
  std::string length;  ///< decimal; empty: up to the end of the file
};

/// The files beside a model that hold its tensors. Only regular files whose real place is inside the model's folder.
class ExternalData {
 public:
  /// `folder` empty: every reference is refused.
  explicit ExternalData(std::string folder) : folder_(std::move(folder)) {}

  /// The file's bytes narrowed to what the reference states; size <= the file's.
  Result<FileBytes> read(const ExternalReference& reference);

 private:
  Result<std::string> resolve(const std::string& location) const;

  std::string folder_;
  std::map<std::string, FileBytes> files_;  ///< by real path
};

}  // namespace cnn::onnx
