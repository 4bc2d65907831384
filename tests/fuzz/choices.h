// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <iterator>
#include <limits>
#include <span>

namespace cnn::test {

/// Decisions taken from the bytes of a fuzzer's input, one byte each; 0 once they are used up.
class Choices {
 public:
  explicit Choices(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  bool used_up() const { return bytes_.empty(); }

  uint8_t byte() {
    if (bytes_.empty()) return 0;
    const uint8_t first = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return first;
  }
  /// 0 <= result < count, count at most 256.
  size_t below(size_t count) { return byte() % count; }
  /// True once in `times`.
  bool once_in(unsigned times) { return byte() % times == times - 1; }
  /// low <= result <= high, rarely one of the numbers where arithmetic breaks.
  int64_t number(int64_t low, int64_t high) {
    constexpr int64_t edges[] = {0,
                                 -1,
                                 -2,
                                 1 << 10,
                                 1 << 16,
                                 1ll << 31,
                                 1ll << 32,
                                 1ll << 40,
                                 1ll << 62,
                                 std::numeric_limits<int64_t>::min(),
                                 std::numeric_limits<int64_t>::max()};
    const uint8_t chosen = byte();
    if (chosen == 255) return edges[below(std::size(edges))];
    return low + chosen % (high - low + 1);
  }

 private:
  std::span<const uint8_t> bytes_;
};

}  // namespace cnn::test
