// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "engine/base/result.h"

namespace cnn::onnx {

/// Bytes that stay valid as long as somebody holds `bytes`.
struct FileBytes {
  std::shared_ptr<const std::byte> bytes;
  size_t size = 0;

  std::span<const std::byte> span() const { return {bytes.get(), size}; }
};

/// Maps the regular file `path` read-only. Io, without the path in the text: missing, unreadable, a directory, a pipe.
/// An empty file gives size 0. The file must not shrink while the bytes are in use.
Result<FileBytes> map_file(const std::string& path);

}  // namespace cnn::onnx
