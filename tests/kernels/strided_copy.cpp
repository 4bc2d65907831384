// SPDX-License-Identifier: MIT
#include "engine/kernels/strided_copy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

namespace cnn {
namespace {

using Extents = std::vector<int64_t>;

template <class T>
void naive_copy(const Extents& extents, size_t axis, const T* src, const Extents& src_strides, T* dst,
                const Extents& dst_strides) {
  if (axis == extents.size()) {
    *dst = *src;
    return;
  }
  for (int64_t i = 0; i < extents[axis]; ++i)
    naive_copy(extents, axis + 1, src + i * src_strides[axis], src_strides, dst + i * dst_strides[axis], dst_strides);
}

/// Strides of a tensor whose axes lie in memory in `order`, outermost first, with `gap` spare elements after each axis.
Extents strides_in(const Extents& extents, const std::vector<size_t>& order, int64_t gap, int64_t& size) {
  Extents strides(extents.size());
  size = 1;
  for (size_t k = order.size(); k-- > 0;) {
    strides[order[k]] = size;
    size = size * std::max<int64_t>(1, extents[order[k]]) + gap;
  }
  return strides;
}

template <class T>
void check_random(unsigned seed, int threads) {
  std::mt19937 random(seed);
  auto below = [&](int64_t n) { return static_cast<int64_t>(random() % static_cast<uint64_t>(n)); };
  const size_t rank = static_cast<size_t>(below(7));
  Extents extents(rank);
  const int64_t most = rank <= 2 ? 150 : rank <= 4 ? 17 : 6;
  for (int64_t& extent : extents) extent = 1 + below(most);
  std::vector<size_t> order(rank);
  std::iota(order.begin(), order.end(), 0);
  int64_t src_size = 0, dst_size = 0;
  std::shuffle(order.begin(), order.end(), random);
  Extents src_strides = strides_in(extents, order, below(2) * below(4), src_size);
  if (below(2)) std::shuffle(order.begin(), order.end(), random);
  const Extents dst_strides = strides_in(extents, order, below(2) * below(4), dst_size);
  std::vector<T> src(static_cast<size_t>(src_size));
  for (T& value : src) value = static_cast<T>(random());
  int64_t origin = 0;
  for (size_t a = 0; a < rank; ++a) {
    const int64_t kind = below(6);
    if (kind == 0) src_strides[a] = 0;
    if (kind == 1) {
      origin += (extents[a] - 1) * src_strides[a];
      src_strides[a] = -src_strides[a];
    }
  }
  constexpr int64_t canary = 64;
  std::vector<T> actual(static_cast<size_t>(dst_size + 2 * canary));
  for (T& value : actual) value = static_cast<T>(random());
  std::vector<T> expected = actual;
  naive_copy(extents, 0, src.data() + origin, src_strides, expected.data() + canary, dst_strides);
  Workers workers(threads);
  strided_copy(sizeof(T), extents, src.data() + origin, src_strides, actual.data() + canary, dst_strides, workers);
  const auto wrong = std::mismatch(actual.begin(), actual.end(), expected.begin());
  EXPECT_EQ(wrong.first - actual.begin(), static_cast<int64_t>(actual.size())) << "seed " << seed << ", rank " << rank;
}

TEST(StridedCopy, EqualsNaiveLoopsAndTouchesNothingElse) {
  for (unsigned seed = 0; seed < 150; ++seed) {
    check_random<uint8_t>(seed, 1);
    check_random<uint16_t>(seed + 1000, 1);
    check_random<uint32_t>(seed + 2000, 1);
    check_random<uint64_t>(seed + 3000, 1);
    check_random<uint32_t>(seed + 4000, 3);
  }
}

TEST(StridedCopy, TurnsPlanesIntoPixels) {
  const std::vector<uint32_t> planes = {1, 2, 3,  //
                                        4, 5, 6};
  std::vector<uint32_t> pixels(6);
  Workers workers(1);
  strided_copy(4, Extents{2, 3}, planes.data(), Extents{3, 1}, pixels.data(), Extents{1, 2}, workers);
  EXPECT_EQ(pixels, (std::vector<uint32_t>{1, 4, 2, 5, 3, 6}));
}

TEST(StridedCopy, LargeTranspositionsInParallelAreComplete) {
  const int64_t channels = 67, pixels = 56 * 56;
  std::vector<uint32_t> planes(static_cast<size_t>(channels * pixels)), interleaved(planes.size(), 0);
  std::iota(planes.begin(), planes.end(), 1u);
  Workers workers(4);
  strided_copy(4, Extents{channels, pixels}, planes.data(), Extents{pixels, 1}, interleaved.data(), Extents{1, channels},
               workers);
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t p = 0; p < pixels; ++p)
      ASSERT_EQ(interleaved[static_cast<size_t>(p * channels + c)], static_cast<uint32_t>(c * pixels + p + 1))
          << "channel " << c << ", pixel " << p;
}

TEST(StridedCopy, EmptyExtentCopiesNothing) {
  uint32_t untouched = 7;
  Workers workers(1);
  strided_copy(4, Extents{3, 0}, nullptr, Extents{0, 1}, &untouched, Extents{0, 1}, workers);
  EXPECT_EQ(untouched, 7u);
}

}  // namespace
}  // namespace cnn
