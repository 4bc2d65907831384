// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>

#include "engine/base/api.h"

namespace cnn {

/// The threads that one compiled model computes on, the calling thread included. The others come from TBB's pool, which all
/// Workers of the process share: where none is free, the calling thread does their part as well.
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
  /// two ranges of `grain` indices; returns when all are done. The same thread begins with the same part of [0, n) each time,
  /// so that it finds what it wrote before in its caches. `body` must neither throw nor call parallel_for().
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

  /// Calls body() on this thread with the others awake all the while: a parallel_for() in it starts and ends in about a
  /// microsecond, and without going to the pool.
  template <class Body>
  void together(Body&& body) {
    if (count_ == 1) {
      body();
      return;
    }
    using Plain = std::remove_reference_t<Body>;
    gather([](void* context) { (*static_cast<Plain*>(context))(); },
           const_cast<void*>(static_cast<const void*>(&body)));
  }

 private:
  using RangeFunction = void (*)(void* context, int64_t begin, int64_t end);
  void run(int64_t n, int64_t grain, RangeFunction function, void* context);
  void gather(void (*function)(void* context), void* context);

  struct Team;
  std::unique_ptr<Team> team_;
  int count_;
};

}  // namespace cnn
