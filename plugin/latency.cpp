// SPDX-License-Identifier: MIT
#include "plugin/latency.h"

#include <algorithm>
#include <span>
#include <vector>

namespace cnn {
namespace {

constexpr uint64_t kCustomaryFrameNs = 33333333;

// Room above the slow batches seen, so that small variations stay within what was told.
uint64_t with_margin(uint64_t ns) { return ns + ns / 4; }

uint64_t percentile_95(std::span<const uint64_t> values) {
  std::vector<uint64_t> sorted(values.begin(), values.end());
  const auto rank = sorted.begin() + static_cast<ptrdiff_t>((sorted.size() * 95 + 99) / 100 - 1);
  std::nth_element(sorted.begin(), rank, sorted.end());
  return *rank;
}

}  // namespace

void Latency::reset(unsigned batch_size, uint64_t processing_ns) {
  const std::lock_guard lock(mutex_);
  batch_size_ = batch_size;
  frame_duration_ns_ = 0;
  told_ns_ = with_margin(processing_ns);
  live_ = false;
  frames_wait_ = true;
  observed_ = 0;
}

void Latency::set_live(bool live) {
  const std::lock_guard lock(mutex_);
  live_ = live;
}

void Latency::set_frames_wait(bool wait) {
  const std::lock_guard lock(mutex_);
  frames_wait_ = wait;
}

bool Latency::live() const {
  const std::lock_guard lock(mutex_);
  return live_;
}

bool Latency::set_frame_duration(uint64_t ns) {
  const std::lock_guard lock(mutex_);
  const uint64_t before = wait_locked();
  frame_duration_ns_ = ns;
  return wait_locked() != before;
}

uint64_t Latency::frame_duration_ns() const {
  const std::lock_guard lock(mutex_);
  return frame_duration_ns_;
}

uint64_t Latency::nominal_frame_ns() const {
  const uint64_t known = frame_duration_ns();
  return known > 0 ? known : kCustomaryFrameNs;
}

bool Latency::observe(uint64_t ns) {
  const std::lock_guard lock(mutex_);
  recent_[observed_++ % recent_.size()] = ns;
  const size_t count = std::min(observed_, recent_.size());
  const uint64_t slow = percentile_95({recent_.data(), count});
  const bool grew = slow > told_ns_;
  const bool shrank = count == recent_.size() && with_margin(slow) < told_ns_ / 2;
  if (grew || shrank) told_ns_ = with_margin(slow);
  return grew || shrank;
}

uint64_t Latency::wait_locked() const { return (batch_size_ - 1) * frame_duration_ns_; }

uint64_t Latency::batch_wait_ns() const {
  const std::lock_guard lock(mutex_);
  return wait_locked();
}

uint64_t Latency::total_ns() const {
  const std::lock_guard lock(mutex_);
  return (frames_wait_ ? wait_locked() : 0) + told_ns_;
}

bool Latency::may_wait() const {
  const std::lock_guard lock(mutex_);
  return batch_size_ > 1 && (!live_ || frame_duration_ns_ > 0);
}

}  // namespace cnn
