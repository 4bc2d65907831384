// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace cnn {

inline constexpr uint64_t kNever = UINT64_MAX;

/// The time by which batches close and stages are measured. Any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual uint64_t now_ns() const = 0;
  /// Returns when `condition` is notified or at `deadline_ns`, or for no reason at all, with `lock` held.
  virtual void wait_until(std::condition_variable& condition, std::unique_lock<std::mutex>& lock,
                          uint64_t deadline_ns) = 0;
};

/// std::chrono::steady_clock; lives as long as the process.
Clock& steady_clock();

}  // namespace cnn
