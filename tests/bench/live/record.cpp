// SPDX-License-Identifier: MIT
#include "tests/bench/live/record.h"

#include <algorithm>

namespace cnn::bench {

uint64_t percentile(std::vector<uint64_t> values, int percent) {
  if (values.empty()) return 0;
  const auto rank = values.begin() + static_cast<ptrdiff_t>((values.size() - 1) * static_cast<size_t>(percent) / 100);
  std::nth_element(values.begin(), rank, values.end());
  return *rank;
}

void Record::add(uint64_t now, uint64_t pts, bool has_result, uint64_t age_ns) {
  if (frames_++ == 0) first_ns_ = now;
  last_ns_ = now;
  if (!has_result || age_ns > pts) return;
  if (inferred_.empty() || inferred_.back() != pts - age_ns) inferred_.push_back(pts - age_ns);
  carried_.push_back({age_ns, inferred_.size() - 1});
}

double Record::frames_per_s() const {
  return last_ns_ == first_ns_ ? 0 : static_cast<double>(frames_ - 1) * 1e9 / static_cast<double>(last_ns_ - first_ns_);
}

std::vector<uint64_t> Record::ages() const {
  std::vector<uint64_t> ages;
  for (const Carried& carried : carried_) ages.push_back(carried.age_ns);
  return ages;
}

std::vector<uint64_t> Record::periods() const {
  std::vector<uint64_t> periods;
  for (size_t i = 1; i < inferred_.size(); ++i) periods.push_back(inferred_[i] - inferred_[i - 1]);
  return periods;
}

uint64_t Record::older_than(uint64_t period_ns, uint64_t wait_ns) const {
  return static_cast<uint64_t>(std::count_if(carried_.begin(), carried_.end(), [&](const Carried& carried) {
    return carried.age_ns > 2 * period_ns + wait_ns;
  }));
}

uint64_t Record::older_than_own_period(uint64_t wait_ns) const {
  return static_cast<uint64_t>(std::count_if(carried_.begin(), carried_.end(), [&](const Carried& carried) {
    if (carried.inferred + 1 == inferred_.size()) return false;  // the stream ended before the next
    const uint64_t period = inferred_[carried.inferred + 1] - inferred_[carried.inferred];
    return carried.age_ns > 2 * period + wait_ns;
  }));
}

}  // namespace cnn::bench
