// SPDX-License-Identifier: MIT
// Steadying allocates nothing once a thing is known: this program counts its own allocations.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "plugin/stabiliser.h"

namespace {

std::atomic<int> allocations{0};

}  // namespace

void* operator new(size_t bytes) {
  ++allocations;
  void* memory = std::malloc(bytes);
  if (!memory) throw std::bad_alloc();
  return memory;
}
// Not inlined: the compiler would see what new allocates meet free(), and warn.
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace cnn::test {
namespace {

TEST(StabiliserAllocation, EndsWithTheFirstResultOfEachThing) {
  constexpr int kClasses = 1000;
  const std::vector<std::string> labels(kClasses, "a label that is too long to stand in the string itself");
  std::vector<float> probabilities(kClasses, 0);
  int changes = 0;
  Stabiliser stabiliser([&changes](const StableChange&) { ++changes; });
  const Steadying steadying{100000000, 0.1, 50000000, 0.2};
  int before = 0;
  for (uint64_t frame = 0; frame < 200; ++frame) {
    if (frame == 1) before = allocations;
    FrameTimes times;
    times.timestamp = times.running_time = frame * 40000000;
    const size_t shown = frame / 50;
    probabilities[shown] = 0.9f;
    for (int64_t key : {Stabiliser::kWholeFrame, int64_t{1}, int64_t{2}}) {
      stabiliser.observe(key, times, 40000000, probabilities, labels, steadying);
      stabiliser.answer(key, times);
    }
    stabiliser.expire(times);
    probabilities[shown] = 0;
  }
  EXPECT_GT(before, 0);
  EXPECT_EQ(allocations, before);
  EXPECT_EQ(changes, 3 * (4 + 3));
}

}  // namespace
}  // namespace cnn::test
