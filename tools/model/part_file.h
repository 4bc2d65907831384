// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "engine/base/result.h"

namespace cnn::tools {

/// The beginning of a file that is being downloaded, `path`.part. Locked against other processes as long as the object
/// lives.
class PartFile {
 public:
  /// Opens what an earlier run has left, or an empty one.
  static Result<PartFile> open(const std::string& path);
  ~PartFile();
  PartFile(PartFile&& other) noexcept;
  PartFile& operator=(PartFile&&) = delete;

  uint64_t size() const { return size_; }
  Status cut(uint64_t size);
  Status append(std::span<const char> bytes);
  /// Of all that is there.
  Result<std::string> sha256() const;
  /// Onto the disk, and renamed to `path`.
  Status publish();
  void remove();

 private:
  PartFile(std::string path, int descriptor, uint64_t size)
      : path_(std::move(path)), descriptor_(descriptor), size_(size) {}
  std::string part() const { return path_ + ".part"; }
  Error failure(const char* what) const;

  std::string path_;
  int descriptor_;
  uint64_t size_;
};

}  // namespace cnn::tools
