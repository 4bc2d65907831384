// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace cnn {

/// How often numbers of an unknown range occur, in one pass: bins of equal width around zero, whose width doubles
/// whenever a number lies outside. Zeros, which quantisation keeps, are in count() only. Numbers that are not finite
/// are left out.
class Histogram {
 public:
  static constexpr size_t bins = 8192;

  void add(std::span<const float> numbers);

  uint64_t count() const { return count_; }
  /// Exact; 0 without numbers.
  float least() const { return least_; }
  float most() const { return most_; }

  struct Bin {
    float low, high;  ///< edges
    uint64_t count;
  };
  /// Those with numbers other than zero in them, ascending.
  std::vector<Bin> filled() const;

  /// Adds what the other has counted.
  void add(const Histogram& other);

 private:
  void widen();
  void widen_to(float magnitude);

  float width_ = 0;  ///< 0: no number other than zero yet
  std::vector<uint64_t> counts_ = std::vector<uint64_t>(bins);
  uint64_t count_ = 0;
  float least_ = 0, most_ = 0;
};

}  // namespace cnn
