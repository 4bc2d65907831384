// SPDX-License-Identifier: MIT
#include "engine/kernels/byte_table.h"

#include <gtest/gtest.h>

#include <array>

#include "tests/reference/kernel_case.h"
#include "tests/support/guarded_bytes.h"

namespace cnn {
namespace {

TEST(ByteTable, FindsTheEntryOfEveryByteAtEveryLength) {
  std::array<uint8_t, 256> table;
  for (size_t i = 0; i < table.size(); ++i) table[i] = static_cast<uint8_t>(i * 167 + 13);  // a permutation
  reference::on_every_target([&] {
    for (int64_t length = 0; length < 600; ++length) {
      test::GuardedBytes from(static_cast<size_t>(length)), to(static_cast<size_t>(length));
      for (int64_t i = 0; i < length; ++i) from.data()[i] = static_cast<uint8_t>(i * 3 + length);
      look_up_bytes(table.data(), from.data(), to.data(), length);
      for (int64_t i = 0; i < length; ++i) ASSERT_EQ(to.data()[i], table[from.data()[i]]) << i << " of " << length;
      look_up_bytes(table.data(), from.data(), from.data(), length);
      for (int64_t i = 0; i < length; ++i) ASSERT_EQ(from.data()[i], to.data()[i]) << i << " in place";
    }
  });
}

}  // namespace
}  // namespace cnn
