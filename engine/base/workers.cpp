// SPDX-License-Identifier: MIT
#include "engine/base/workers.h"

#include <tbb/info.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace cnn {
namespace {

/// TBB complains on stderr about more, whatever the machine.
constexpr int max_threads = 256;

void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Pieces [begin, end) of a job that nobody has taken yet, in one word with the job's number: who changes the word of
/// an older job fails.
class alignas(64) Share {
 public:
  void offer(uint32_t job, uint64_t begin, uint64_t end) {
    word_.store(uint64_t{job} << 32 | begin << 16 | end, std::memory_order_release);
  }

  /// The owner takes pieces from the front, others from the back. False: none is left.
  bool take(bool owner, int64_t& piece) {
    uint64_t word = word_.load(std::memory_order_acquire);
    for (;;) {
      const uint64_t begin = word >> 16 & 0xffff, end = word & 0xffff;
      if (begin >= end) return false;
      const uint64_t rest = owner ? word + (uint64_t{1} << 16) : word - 1;
      if (word_.compare_exchange_weak(word, rest, std::memory_order_acq_rel, std::memory_order_acquire)) {
        piece = static_cast<int64_t>(owner ? begin : end - 1);
        return true;
      }
    }
  }

 private:
  std::atomic<uint64_t> word_{0};
};

}  // namespace

/// Threads that wait for the calling thread's jobs by watching a number. A job is a loop cut into pieces; each thread has a
/// share of them and then helps itself from the others' shares. So nobody waits for a thread that never came.
struct Workers::Team {
  explicit Team(int threads) : arena(threads), shares(static_cast<size_t>(threads)) {}

  tbb::task_arena arena;
  std::vector<Share> shares;
  bool open = false;  ///< only the calling thread looks at it

  struct alignas(64) Job {
    std::atomic<int32_t> number{0};  ///< changes when there is something to look at
    std::atomic<bool> closed{false};
    RangeFunction function = nullptr;
    void* context = nullptr;
    int64_t n = 0, pieces = 0;
  } job;  // the plain members are read by those alone who hold a piece of it
  struct alignas(64) Count {
    std::atomic<int64_t> pieces{0};
  } done;

  void work(size_t thread) {
    for (size_t i = 0; i < shares.size(); ++i) {
      Share& share = shares[(thread + i) % shares.size()];
      for (int64_t piece = 0; share.take(i == 0, piece);) {
        job.function(job.context, job.n * piece / job.pieces, job.n * (piece + 1) / job.pieces);
        done.pieces.fetch_add(1, std::memory_order_release);
      }
    }
  }

  void help(size_t thread) {
    constexpr int patience = 2000;  // pauses, some 40 microseconds; longer waits sleep
    for (;;) {
      const int32_t seen = job.number.load(std::memory_order_acquire);
      if (job.closed.load(std::memory_order_acquire)) return;
      work(thread);
      for (int i = 0; i < patience && job.number.load(std::memory_order_relaxed) == seen; ++i) pause();
      job.number.wait(seen, std::memory_order_acquire);
    }
  }

  void announce() {
    job.number.fetch_add(1, std::memory_order_release);
    job.number.notify_all();
  }

  void run(int64_t n, int64_t pieces, RangeFunction function, void* context) {
    done.pieces.store(0, std::memory_order_relaxed);
    job.function = function;
    job.context = context;
    job.n = n;
    job.pieces = pieces;
    const auto number = static_cast<uint32_t>(job.number.load(std::memory_order_relaxed) + 1);
    const auto threads = static_cast<int64_t>(shares.size());
    for (int64_t t = 0; t < threads; ++t)
      shares[static_cast<size_t>(t)].offer(number, static_cast<uint64_t>(pieces * t / threads),
                                           static_cast<uint64_t>(pieces * (t + 1) / threads));
    announce();
    work(0);
    constexpr int patience = 1000;
    for (int i = 0; done.pieces.load(std::memory_order_acquire) != pieces; ++i)
      i < patience ? pause() : std::this_thread::yield();
  }
};

Workers::Workers(int threads)
    : count_(std::min(max_threads, threads > 0 ? threads : std::max(1, tbb::info::default_concurrency()))) {
  if (count_ > 1) {
    team_ = std::make_unique<Team>(count_);
    team_->arena.initialize();
  }
}

Workers::~Workers() = default;

void Workers::gather(void (*function)(void* context), void* context) {
  Team& team = *team_;
  if (team.open) {
    function(context);
    return;
  }
  team.arena.execute([&] {
    team.open = true;
    team.job.closed.store(false, std::memory_order_relaxed);
    tbb::task_group helpers;
    for (int t = 1; t < count_; ++t) helpers.run([&team, t] { team.help(static_cast<size_t>(t)); });
    function(context);
    team.job.closed.store(true, std::memory_order_relaxed);
    team.announce();
    helpers.wait();
    team.open = false;
  });
}

void Workers::run(int64_t n, int64_t grain, RangeFunction function, void* context) {
  constexpr int64_t pieces_per_thread = 8;
  int64_t pieces = std::min(n / std::max<int64_t>(1, grain), pieces_per_thread * count_);
  if (pieces > count_) pieces -= pieces % count_;
  together([&] { team_->run(n, pieces, function, context); });
}

}  // namespace cnn
