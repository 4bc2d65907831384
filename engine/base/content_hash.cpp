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

uint64_t block_sum(const Words& block, const Words& key) {
  uint64_t sum = 0;
  for (size_t i = 0; i < half; ++i) {
    const uint32_t a = block[i] + key[i], b = block[i + half] + key[i + half];
    sum += uint64_t{a} * b;
  }
  return sum;
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
  Words block;
  for (size_t begin = 0; begin < bytes.size(); begin += sizeof(block)) {
    const size_t count = std::min(sizeof(block), bytes.size() - begin);
    if (count < sizeof(block)) block.fill(0);
    std::memcpy(block.data(), bytes.data() + begin, count);
    for (size_t i = 0; i < 2; ++i) {
      const uint64_t sum = block_sum(block, keys.words[i]);
      // In two steps: the sum may be over the prime.
      hashes[i] = extended(extended(hashes[i], keys.points[i], sum >> 32), keys.points[i], sum & UINT32_MAX);
    }
  }
  return {hashes[0], hashes[1]};
}

}  // namespace cnn
