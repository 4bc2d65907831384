// SPDX-License-Identifier: MIT
#include "engine/quantize/histogram.h"

#include <algorithm>
#include <cmath>

namespace cnn {
namespace {

constexpr size_t half = Histogram::bins / 2;

}  // namespace

/// Pairs of bins become one, on each side of zero.
void Histogram::widen() {
  std::vector<uint64_t> counts(bins);
  for (size_t i = 0; i < bins; ++i) counts[half / 2 + i / 2] += counts_[i];
  counts_ = std::move(counts);
  width_ *= 2;
}

void Histogram::widen_to(float magnitude) {
  if (width_ == 0 && magnitude > 0) width_ = magnitude / (half - 1);
  while (magnitude >= width_ * (half - 1) && width_ > 0) widen();
}

void Histogram::add(std::span<const float> numbers) {
  float low = count_ ? least_ : INFINITY, high = count_ ? most_ : -INFINITY;
  for (float x : numbers)
    if (std::isfinite(x)) low = std::min(low, x), high = std::max(high, x);
  if (low > high) return;
  least_ = low, most_ = high;
  // Twice, so that pictures with somewhat larger numbers need no wider bins.
  if (width_ == 0) widen_to(2 * std::max(-low, high));
  widen_to(std::max(-low, high));
  const float per_number = width_ > 0 ? 1 / width_ : 0;
  for (float x : numbers) {
    if (!std::isfinite(x)) continue;
    ++count_;
    if (x == 0) continue;
    const auto bin = static_cast<ptrdiff_t>(std::floor(x * per_number)) + static_cast<ptrdiff_t>(half);
    ++counts_[static_cast<size_t>(std::clamp<ptrdiff_t>(bin, 0, bins - 1))];
  }
}

std::vector<Histogram::Bin> Histogram::filled() const {
  std::vector<Bin> filled;
  for (size_t i = 0; i < bins; ++i) {
    const float low = (static_cast<float>(i) - static_cast<float>(half)) * width_;
    if (counts_[i]) filled.push_back({low, low + width_, counts_[i]});
  }
  return filled;
}

void Histogram::add(const Histogram& other) {
  if (other.count_ == 0) return;
  least_ = count_ ? std::min(least_, other.least_) : other.least_;
  most_ = count_ ? std::max(most_, other.most_) : other.most_;
  const float magnitude = std::max(-least_, most_);
  widen_to(magnitude);
  for (const Bin& bin : other.filled()) {
    const float middle = (bin.low + bin.high) / 2;
    const auto place = width_ > 0 ? static_cast<ptrdiff_t>(std::floor(middle / width_)) : 0;
    counts_[static_cast<size_t>(std::clamp<ptrdiff_t>(place + static_cast<ptrdiff_t>(half), 0, bins - 1))] += bin.count;
  }
  count_ += other.count_;
}

}  // namespace cnn
