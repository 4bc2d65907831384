// SPDX-License-Identifier: MIT
#include "engine/base/content_hash.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

namespace cnn {
namespace {

std::vector<std::byte> content(size_t size) {
  std::vector<std::byte> bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 7 % 251);
  return bytes;
}

TEST(ContentHash, IsTheSameForEqualBytes) {
  for (size_t size : {0, 1, 3, 1023, 1024, 1025, 5000})
    EXPECT_EQ(content_hash(content(size)), content_hash(content(size)));
}

TEST(ContentHash, SeesEveryByte) {
  const std::vector<std::byte> bytes = content(2500);
  std::set<ContentHash> hashes{content_hash(bytes)};
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::vector<std::byte> changed = bytes;
    changed[i] ^= std::byte{1};
    hashes.insert(content_hash(changed));
  }
  EXPECT_EQ(hashes.size(), bytes.size() + 1);
}

TEST(ContentHash, SeesOrderAndLength) {
  std::vector<std::byte> swapped = content(3000);
  std::swap_ranges(swapped.begin(), swapped.begin() + 1024, swapped.begin() + 1024);  // whole blocks
  EXPECT_NE(content_hash(swapped), content_hash(content(3000)));
  std::set<ContentHash> hashes;
  for (size_t size = 0; size < 2100; ++size) hashes.insert(content_hash(std::vector<std::byte>(size)));
  EXPECT_EQ(hashes.size(), 2100u);
}

}  // namespace
}  // namespace cnn
