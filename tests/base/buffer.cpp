// SPDX-License-Identifier: MIT
#include "engine/base/buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <new>

namespace cnn {
namespace {

constexpr size_t kib = 1024, mib = kib * kib;

TEST(Buffer, IsZeroAlignedAndWritableToItsEnd) {
  for (size_t size : {size_t{1}, size_t{63}, 64 * kib, 128 * kib - 1, 128 * kib, 128 * kib + 1, 2 * mib - 1, 2 * mib,
                      2 * mib + 1, 5 * mib + 4097})
    for (int time = 0; time < 2; ++time) {  // the second finds memory that the first has written
      Buffer buffer(size);
      ASSERT_EQ(buffer.size(), size);
      EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer.data()) % Buffer::alignment, 0u) << size;
      EXPECT_EQ(std::count(buffer.data(), buffer.data() + size, std::byte{0}), static_cast<std::ptrdiff_t>(size));
      std::fill_n(buffer.data(), size, std::byte{255});
    }
}

TEST(Buffer, KeepsItsBytesWhenMoved) {
  for (size_t size : {size_t{100}, 3 * mib}) {
    Buffer first(size);
    first.data()[size - 1] = std::byte{7};
    const std::byte* address = first.data();
    Buffer second = std::move(first);
    EXPECT_EQ(second.data(), address);
    first = Buffer(10);
    EXPECT_EQ(second.data()[size - 1], std::byte{7});
  }
}

TEST(Buffer, RefusesSizesBeyondMemory) {
  for (size_t size : {SIZE_MAX, SIZE_MAX - 4096, SIZE_MAX / 2 + 1}) EXPECT_THROW(Buffer{size}, std::bad_alloc);
}

}  // namespace
}  // namespace cnn
