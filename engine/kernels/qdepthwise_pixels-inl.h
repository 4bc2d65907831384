// SPDX-License-Identifier: MIT
// Pixels of the integer depthwise convolution as pairs of int16, and the order in which its channels lie; include after
// hwy/highway.h in a file that uses hwy/foreach_target.h.
#if defined(CNN_QDEPTHWISE_PIXELS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CNN_QDEPTHWISE_PIXELS_INL_H_
#undef CNN_QDEPTHWISE_PIXELS_INL_H_
#else
#define CNN_QDEPTHWISE_PIXELS_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "engine/kernels/qgemm_pairs-inl.h"
#include "engine/kernels/unrolled-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {

#if HWY_TARGET == HWY_AVX2

// AVX2 interleaves within the halves of a register. Weights and sums of every whole block of 16 channels therefore lie
// in the order 0-3, 8-11, 4-7, 12-15: pixels come into it by widening from memory and interleaving, packing of results
// undoes it, and neither takes an instruction that crosses the halves. Widening what is in a register does: on Zen 3
// that takes as long as two and a half of the others.

/// Where channel c of `channels` lies.
inline int64_t qdepthwise_place(int64_t c, int64_t channels) {
  const bool moves = c / 16 * 16 + 16 <= channels && (c % 16 / 4 == 1 || c % 16 / 4 == 2);
  return moves ? c ^ 12 : c;
}

/// Brings numbers of channels into that order, and back.
HWY_INLINE void change_order(int32_t* numbers, int64_t channels) {
  const hn::Full128<int32_t> d;
  for (int64_t c = 0; c + 16 <= channels; c += 16) {
    const auto second = hn::LoadU(d, numbers + c + 4), third = hn::LoadU(d, numbers + c + 8);
    hn::StoreU(third, d, numbers + c + 4);
    hn::StoreU(second, d, numbers + c + 8);
  }
}

#else

inline int64_t qdepthwise_place(int64_t c, int64_t) { return c; }
HWY_INLINE void change_order(int32_t*, int64_t) {}

#endif

/// Stops GCC from adding products to one another before it adds them to a sum: that needs more registers than there
/// are.
template <class D>
HWY_INLINE void keep_in_order(PairSums<D>& sum) {
#if HWY_TARGET == HWY_AVX2 && HWY_COMPILER_GCC_ACTUAL
  __m256i lanes = sum.even.raw;
  asm("" : "+x"(lanes));
  sum.even = hn::Vec<D>{lanes};
#else
  (void)sum;
#endif
}

/// The same weights, which compilers take for others: keeping them in registers needs more than there are, and
/// multiplications take them from memory at no cost.
HWY_INLINE void read_again(const int16_t*& weights) { asm("" : "+r"(weights)); }

/// Pairs of pixels a and b, `vectors` vectors of channels in their order.
template <size_t vectors, class T, class D>
HWY_INLINE void widen_vectors(D d, const T* a, const T* b, Pairs<D> (&value)[vectors]) {
  static_assert(vectors == 1 || vectors == 2);
  if constexpr (vectors == 1) {
    value[0] = widen_pairs_of(d, a, b);
  } else {
#if HWY_TARGET == HWY_AVX2
    const hn::Repartition<int16_t, D> d16;
    const hn::Rebind<T, decltype(d16)> d8;
    const auto first = hn::PromoteTo(d16, hn::LoadU(d8, a)), second = hn::PromoteTo(d16, hn::LoadU(d8, b));
    value[0] = hn::InterleaveLower(d16, first, second);
    value[1] = hn::InterleaveUpper(d16, first, second);
#else
    widen_two_vectors(d, a, b, value);
#endif
  }
}

/// sums[c] += a[c] w[c][0] + b[c] w[c][1] for channels [begin, count) as far as `vectors` vectors at a time go; returns
/// where they end. Sums and weights in the order of weights.
template <size_t vectors, class T, class D>
HWY_INLINE int64_t add_tap_pair(D d, const T* a, const T* b, const int16_t* weights, int64_t begin, int64_t count,
                                int32_t* sums) {
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d)), at_once = lanes * static_cast<int64_t>(vectors);
  int64_t c = begin;
  for (; c + at_once <= count; c += at_once) {
    Pairs<D> value[vectors];
    widen_vectors<vectors>(d, a + c, b + c, value);
    unrolled<vectors>([&](auto v) CNN_INLINED {
      const int64_t at = c + static_cast<int64_t>(v) * lanes;
      PairSums<D> sum(hn::LoadU(d, sums + at));
      sum.add_products(d, value[v], load_pairs(d, weights + at * 2));
      hn::StoreU(sum.total(), d, sums + at);
    });
  }
  return c;
}

template <class T>
HWY_NOINLINE void add_tap_pairs(const T* a, const T* b, const int16_t* weights, int64_t count, int32_t* sums) {
  int64_t c = add_tap_pair<2>(hn::ScalableTag<int32_t>(), a, b, weights, 0, count, sums);
  c = add_tap_pair<1>(hn::ScalableTag<int32_t>(), a, b, weights, c, count, sums);
  c = add_tap_pair<1>(hn::CappedTag<int32_t, 4>(), a, b, weights, c, count, sums);
  add_tap_pair<1>(hn::CappedTag<int32_t, 1>(), a, b, weights, c, count, sums);
}

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#endif  // CNN_QDEPTHWISE_PIXELS_INL_H_
