// SPDX-License-Identifier: MIT
#include "engine/base/content_hash.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <random>

namespace cnn {
namespace {

constexpr size_t half = 128;                   // words
using Words = std::array<uint32_t, 2 * half>;  // a block: word i is multiplied by word i + half
constexpr uint64_t prime = (uint64_t{1} << 61) - 1;

struct Keys {
  std::array<Words, 2> words;  ///< added to a block's
  std::array<uint64_t, 2> points;  ///< where the polynomials are evaluated, below the prime

  Keys() {
    std::random_device random;
    for (Words& list : words) std::generate(list.begin(), list.end(), std::ref(random));
    for (uint64_t& point : points) point = (uint64_t{random()} << 32 | random()) % prime;
  }
};

/// Both sums of a block of sizeof(Words) bytes.
std::array<uint64_t, 2> block_sums(const std::byte* block, const Keys& keys) {
  const auto word = [block](size_t i) {
    uint32_t value;
    std::memcpy(&value, block + i * sizeof(value), sizeof(value));
    return value;
  };
  std::array<uint64_t, 2> sums{};
  for (size_t k = 0; k < sums.size(); ++k)
    for (size_t i = 0; i < half; ++i)
      sums[k] += uint64_t{word(i) + keys.words[k][i]} * (word(i + half) + keys.words[k][i + half]);
  return sums;
}

/// (hash * point + next) modulo the prime.
uint64_t extended(uint64_t hash, uint64_t point, uint64_t next) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(hash) * point + next;
  uint64_t reduced = static_cast<uint64_t>(product & prime) + static_cast<uint64_t>(product >> 61);
  if (reduced >= prime) reduced -= prime;
  return reduced;
}

}  // namespace

ContentHash content_hash(std::span<const std::byte> bytes) {
  static const Keys keys;
  std::array<uint64_t, 2> hashes{bytes.size() % prime, bytes.size() % prime};
  const auto add = [&](const std::byte* block) {
    const auto sums = block_sums(block, keys);
    // In two steps: a sum may be over the prime.
    for (size_t k = 0; k < sums.size(); ++k)
      hashes[k] = extended(extended(hashes[k], keys.points[k], sums[k] >> 32), keys.points[k], sums[k] & UINT32_MAX);
  };
  size_t begin = 0;
  for (; bytes.size() - begin >= sizeof(Words); begin += sizeof(Words)) add(bytes.data() + begin);
  if (begin < bytes.size()) {
    std::array<std::byte, sizeof(Words)> rest{};
    std::copy(bytes.begin() + static_cast<std::ptrdiff_t>(begin), bytes.end(), rest.begin());
    add(rest.data());
  }
  return {hashes[0], hashes[1]};
}

}  // namespace cnn
