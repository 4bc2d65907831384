// SPDX-License-Identifier: MIT
#include "plugin/service/clock.h"

#include <algorithm>
#include <chrono>

namespace cnn {
namespace {

using std::chrono::nanoseconds;

class SteadyClock final : public Clock {
 public:
  uint64_t now_ns() const override {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<uint64_t>(std::chrono::duration_cast<nanoseconds>(now).count());
  }
  void wait_until(std::condition_variable& condition, std::unique_lock<std::mutex>& lock,
                  uint64_t deadline_ns) override {
    if (deadline_ns == kNever) {
      condition.wait(lock);
      return;
    }
    const uint64_t now = now_ns();
    if (deadline_ns > now) condition.wait_for(lock, nanoseconds(std::min<uint64_t>(deadline_ns - now, 3600000000000u)));
  }
};

}  // namespace

Clock& steady_clock() {
  static SteadyClock clock;
  return clock;
}

}  // namespace cnn
