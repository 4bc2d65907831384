// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>

#include "engine/base/api.h"

namespace cnn {

/// The threads that one compiled model computes on, the calling thread included.
/// Used by one thread at a time; several Workers may work at once.
class CNN_API Workers {
 public:
  /// `threads` >= 1 (above 256 counts as 256), or 0 for one per core that this process may use.
  explicit Workers(int threads);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// Number of threads, the caller's included (>= 1).
  int count() const { return count_; }

  /// Calls body(begin, end) on disjoint ranges that cover [0, n), in parallel when that makes at least
  /// two ranges of `grain` indices; returns when all are done. `body` must not throw. Does not allocate.
  template <class Body>
  void parallel_for(int64_t n, int64_t grain, Body&& body) {
    if (n <= 0) return;
    if (count_ == 1 || n < 2 * grain) {
      body(int64_t{0}, n);
      return;
    }
    using Plain = std::remove_reference_t<Body>;
    run(n, grain, [](void* context, int64_t begin, int64_t end) { (*static_cast<Plain*>(context))(begin, end); },
        const_cast<void*>(static_cast<const void*>(&body)));
  }

 private:
  using RangeFunction = void (*)(void* context, int64_t begin, int64_t end);
  void run(int64_t n, int64_t grain, RangeFunction function, void* context);

  struct Arena;
  std::unique_ptr<Arena> arena_;
  int count_;
};

}  // namespace cnn
