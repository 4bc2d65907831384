// SPDX-License-Identifier: MIT
#include "engine/graph/packed_weights.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

#include "engine/base/buffer.h"

namespace cnn {
namespace {

Tensor numbers(const Shape& shape, float first) {
  std::vector<float> values(static_cast<size_t>(element_count(shape)));
  for (size_t i = 0; i < values.size(); ++i) values[i] = first + static_cast<float>(i);
  return tensor_of<float>(shape, std::span<const float>(values));
}

PackedWeights::Bytes some_bytes() {
  auto buffer = std::make_shared<Buffer>(64);
  return {buffer, buffer->data()};
}

PackedWeights::Bytes pack(PackedWeights& packed, const std::string& packing, const Tensor& source) {
  return packed.get(packing, {{&source}}, some_bytes);
}

TEST(PackedWeights, ExistOnceForEqualConstants) {
  PackedWeights one, other;
  const auto first = pack(one, "format", numbers({2, 3}, 1));
  EXPECT_EQ(pack(one, "format", numbers({2, 3}, 1)), first);
  EXPECT_EQ(pack(other, "format", numbers({2, 3}, 1)), first);
}

TEST(PackedWeights, AreTheirOwnForOtherPackingsShapesElementsAndSources) {
  PackedWeights packed;
  const Tensor source = numbers({2, 3}, 1), zero = numbers({1}, 0);
  const auto first = pack(packed, "format", source);
  EXPECT_NE(pack(packed, "other format", source), first);
  EXPECT_NE(pack(packed, "format", numbers({3, 2}, 1)), first);
  EXPECT_NE(pack(packed, "format", numbers({2, 3}, 2)), first);
  const auto with_zero = packed.get("format", {{&source, &zero}}, some_bytes);
  EXPECT_NE(with_zero, first);
  EXPECT_NE(packed.get("format", {{&source, static_cast<const Tensor*>(nullptr)}}, some_bytes), with_zero);
}

TEST(PackedWeights, GoWithTheirLastUser) {
  PackedWeights packed;
  const Tensor source = numbers({4}, 5);
  int made = 0;
  const auto make = [&] {
    ++made;
    return some_bytes();
  };
  auto first = packed.get("format", {{&source}}, make), second = packed.get("format", {{&source}}, make);
  EXPECT_EQ(made, 1);
  const std::weak_ptr<const std::byte> watched = first;
  first.reset();
  EXPECT_FALSE(watched.expired());
  second.reset();
  EXPECT_TRUE(watched.expired());
  first = packed.get("format", {{&source}}, make);
  EXPECT_EQ(made, 2);
}

/// The address of freed constants may be that of others the next time.
TEST(PackedWeights, AreNotThoseOfAnEarlierConstantAtTheSameAddress) {
  PackedWeights packed;
  auto bytes = std::make_unique<float[]>(8);
  const auto constant = [&](float value) {
    std::fill_n(bytes.get(), 8, value);
    return Tensor{{DataType::Float32, {8}}, {reinterpret_cast<const std::byte*>(bytes.get()), [](const std::byte*) {}}};
  };
  const auto first = pack(packed, "format", constant(1));
  EXPECT_NE(pack(packed, "format", constant(2)), first);
}

TEST(PackedWeights, ArePackedOnceWhenManyThreadsAskAtOnce) {
  constexpr int threads = 8;
  std::latch start(threads);
  std::atomic<int> made = 0;
  std::vector<PackedWeights::Bytes> results(threads);
  {
    std::vector<std::jthread> running;
    for (int i = 0; i < threads; ++i)
      running.emplace_back([&, i] {
        PackedWeights packed;
        const Tensor source = numbers({100, 100}, 3);
        start.arrive_and_wait();
        results[static_cast<size_t>(i)] = packed.get("format", {{&source}}, [&] {
          ++made;
          return some_bytes();
        });
      });
  }
  EXPECT_EQ(made, 1);
  for (const auto& result : results) EXPECT_EQ(result, results[0]);
}

TEST(PackedWeights, LeaveNoTraceOfAPackingThatFailed) {
  PackedWeights packed;
  const Tensor source = numbers({4}, 9);
  const auto fail = []() -> PackedWeights::Bytes { throw std::bad_alloc(); };
  EXPECT_THROW(packed.get("format", {{&source}}, fail), std::bad_alloc);
  EXPECT_TRUE(pack(packed, "format", source));
}

}  // namespace
}  // namespace cnn
