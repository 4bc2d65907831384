// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>

namespace cnn {

/// The deleter of a file's mapping for reading, by which its pages are recognised.
struct UnmapFile {
  size_t bytes;
  void operator()(const std::byte* start) const;
};

/// Gives the memory of `bytes` bytes from `start` back where they lie in a mapped file; when they are read again, they
/// come from the file again. Does nothing to memory of other kinds.
void release_file_pages(const std::shared_ptr<const std::byte>& start, size_t bytes);

}  // namespace cnn
