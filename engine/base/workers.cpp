// SPDX-License-Identifier: MIT
#include "engine/base/workers.h"

#include <tbb/blocked_range.h>
#include <tbb/info.h>
#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>
#include <tbb/task_arena.h>

#include <algorithm>

namespace cnn {

struct Workers::Arena {
  tbb::task_arena arena;
};

namespace {

/// TBB complains on stderr about more, whatever the machine.
constexpr int max_threads = 256;

}  // namespace

Workers::Workers(int threads)
    : count_(std::min(max_threads, threads > 0 ? threads : std::max(1, tbb::info::default_concurrency()))) {
  if (count_ > 1) {
    arena_ = std::make_unique<Arena>();
    arena_->arena.initialize(count_);
  }
}

Workers::~Workers() = default;

void Workers::run(int64_t n, int64_t grain, RangeFunction function, void* context) {
  arena_->arena.execute([&] {
    tbb::parallel_for(
        tbb::blocked_range<int64_t>(0, n, std::max<int64_t>(1, grain)),
        [&](const tbb::blocked_range<int64_t>& range) { function(context, range.begin(), range.end()); },
        tbb::simple_partitioner());
  });
}

}  // namespace cnn
