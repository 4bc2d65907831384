// SPDX-License-Identifier: MIT
#include "engine/base/buffer.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace cnn {
namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr size_t mapped_from = SIZE_MAX;  // only the heap has zones around blocks that show an overrun
#else
constexpr size_t mapped_from = 128 << 10;
#endif
constexpr size_t page = 4096, huge_page = 2 << 20;

size_t rounded_up(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

std::byte* map(size_t bytes) {
  void* start = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) throw std::bad_alloc();
  return static_cast<std::byte*>(start);
}

/// Huge pages are cleared hundreds at a time, and the processor finds them faster.
std::byte* map_huge(size_t bytes) {
  std::byte* start = map(bytes + huge_page);
  const size_t before = -reinterpret_cast<uintptr_t>(start) % huge_page, after = huge_page - before;
  if (before) ::munmap(start, before);
  if (after) ::munmap(start + before + bytes, after);
  ::madvise(start + before, bytes, MADV_HUGEPAGE);
  return start + before;
}

}  // namespace

Buffer::Buffer(size_t bytes) : size_(bytes) {
  if (bytes == 0) return;
  if (bytes > SIZE_MAX / 2) throw std::bad_alloc();  // so that rounding up fits
  if (bytes >= mapped_from) {
    const size_t mapped = rounded_up(bytes, page);
    data_ = {mapped >= huge_page ? map_huge(mapped) : map(mapped), Free(mapped)};
    return;
  }
  const size_t rounded = rounded_up(bytes, alignment);
  data_ = {static_cast<std::byte*>(std::aligned_alloc(alignment, rounded)), Free()};
  if (!data_) throw std::bad_alloc();
  std::fill_n(data_.get(), rounded, std::byte{0});
}

void Buffer::Free::operator()(std::byte* start) const {
  if (mapped)
    ::munmap(start, mapped);
  else
    std::free(start);
}

}  // namespace cnn
