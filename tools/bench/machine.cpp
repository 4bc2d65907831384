// SPDX-License-Identifier: MIT
#include "tools/bench/machine.h"

#include <algorithm>
#include <barrier>
#include <chrono>
#include <fstream>
#include <functional>
#include <thread>
#include <vector>

#include "engine/base/buffer.h"
#include "engine/base/cpu_name.h"
#include "tools/bench/peak_kernels.h"
#include "tools/bench/peak_narrow.h"

namespace cnn::tools {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int windows = 32;
constexpr std::chrono::milliseconds window_length{2};
/// Rounds of arithmetic and bytes of reading between two looks at the clock: far more than a look takes.
constexpr int64_t arithmetic_rounds = 10000;
constexpr size_t read_piece = 256 << 10;

struct Share {
  Clock::time_point begin, end;
  double done = 0;
};

/// Units per second of the best window. In a window all threads begin together and repeat work(thread), which does a
/// small piece and returns its units.
double best_rate(int threads, const std::function<double(int)>& work) {
  double best = 0;
  for (int window = 0; window < windows; ++window) {
    std::barrier start(threads);
    std::vector<Share> shares(static_cast<size_t>(threads));
    const auto take_part = [&](int thread) {
      Share& share = shares[static_cast<size_t>(thread)];
      start.arrive_and_wait();
      share.begin = Clock::now();
      do {
        share.done += work(thread);
        share.end = Clock::now();
      } while (share.end - share.begin < window_length);
    };
    {
      std::vector<std::jthread> others;
      for (int thread = 1; thread < threads; ++thread) others.emplace_back(take_part, thread);
      take_part(0);
    }
    Share all = shares[0];
    for (size_t i = 1; i < shares.size(); ++i) {
      all.begin = std::min(all.begin, shares[i].begin);
      all.end = std::max(all.end, shares[i].end);
      all.done += shares[i].done;
    }
    best = std::max(best, all.done / std::chrono::duration<double>(all.end - all.begin).count());
  }
  return best;
}

double dot_product_rate(int threads, DotProducts dot_products) {
  return best_rate(threads, [&](int) {
    float result = 0;
    return dot_products(arithmetic_rounds, result);
  });
}

/// Every thread reads `bytes` of its own from end to end, over and over.
double read_rate(int threads, size_t bytes) {
  struct Reader {
    Buffer buffer;
    size_t at = 0;
  };
  const size_t piece = std::min(read_piece, bytes);
  std::vector<Reader> readers;
  for (int thread = 0; thread < threads; ++thread) readers.push_back({Buffer(bytes / piece * piece)});
  return best_rate(threads, [&](int thread) {
    Reader& reader = readers[static_cast<size_t>(thread)];
    uint32_t result = 0;
    const double done = read_memory(reader.buffer.data() + reader.at, piece, result);
    reader.at = reader.at + piece == reader.buffer.size() ? 0 : reader.at + piece;
    return done;
  });
}

/// Bytes of the cache of `level` that holds data, a multiple of 64 KiB; `usual` where the system does not say.
size_t cache_bytes(int level, size_t usual) {
  for (int index = 0;; ++index) {
    const std::string folder = "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index) + "/";
    int found = 0;
    if (!(std::ifstream(folder + "level") >> found)) return usual;
    std::string kind;
    size_t kib = 0;
    std::ifstream(folder + "type") >> kind;
    std::ifstream(folder + "size") >> kib;  // "512K"
    if (found == level && kind != "Instruction" && kib >= 64) return kib / 64 * 64 << 10;
  }
}

}  // namespace

Machine measure_machine(int threads) {
  const size_t second_level = cache_bytes(2, 512 << 10);
  const size_t last_level = cache_bytes(4, cache_bytes(3, second_level));
  // Far more than the caches hold, and not so much that filling it takes long.
  const size_t memory = std::clamp<size_t>(4 * last_level, 64 << 20, 256 << 20);
  Machine machine;
  machine.cpu = cpu_name();
  machine.threads = threads;
  machine.last_cache_bytes = static_cast<int64_t>(last_level);
  machine.fp32 = best_rate(threads, [](int) {
    float result = 0;
    return multiply_add(arithmetic_rounds, result);
  });
  if (auto dot_products = int8_dot_products()) machine.int8 = dot_product_rate(threads, dot_products);
  if (auto dot_products = bf16_dot_products()) machine.bf16 = dot_product_rate(threads, dot_products);
  machine.cache_read = read_rate(threads, second_level / 2);
  machine.memory_read = read_rate(threads, std::max(read_piece, memory / static_cast<size_t>(threads)));
  return machine;
}

}  // namespace cnn::tools
