// SPDX-License-Identifier: MIT
#include "engine/base/file_pages.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace cnn {

void UnmapFile::operator()(const std::byte* start) const { ::munmap(const_cast<std::byte*>(start), bytes); }

void release_file_pages(const std::shared_ptr<const std::byte>& start, size_t bytes) {
  if (!std::get_deleter<UnmapFile>(start)) return;
  // Whole pages only: neighbours in the first and the last one may still be wanted.
  const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE)), address = reinterpret_cast<uintptr_t>(start.get());
  const uintptr_t begin = (address + page - 1) / page * page, end = (address + bytes) / page * page;
  if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

}  // namespace cnn
