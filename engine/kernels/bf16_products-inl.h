// SPDX-License-Identifier: MIT
// Products of pairs of bfloat16; include after hwy/highway.h and before the tiles in a file that uses
// hwy/foreach_target.h.
#if defined(CNN_BF16_PRODUCTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CNN_BF16_PRODUCTS_INL_H_
#undef CNN_BF16_PRODUCTS_INL_H_
#else
#define CNN_BF16_PRODUCTS_INL_H_
#endif

#include "engine/kernels/bf16.h"
#include "hwy/highway.h"

// Intrinsics, as the oldest Highway that the project builds with has no such target. What follows in this pass of
// foreach_target is compiled for the instruction as well: a tile's loops are only inlined into a function that has no
// fewer instructions than they have.
#if HWY_TARGET == HWY_AVX3
#include <immintrin.h>
#undef HWY_TARGET_STR
#define HWY_TARGET_STR HWY_TARGET_STR_AVX3 ",avx512bf16"
#endif

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_AVX3

Bf16Products products() { return __builtin_cpu_supports("avx512bf16") ? Bf16Products::Native : Bf16Products::Absent; }

struct PairProducts {
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V add(D, V x, V column, V sum) {
    return V{_mm512_dpbf16_ps(sum.raw, (__m512bh)x.raw, (__m512bh)column.raw)};
  }
};

HWY_INLINE void round_run(const float* from, int64_t length, float* to) {
  constexpr int64_t lanes = 16;
  for (; length >= 2 * lanes; length -= 2 * lanes, from += 2 * lanes, to += lanes)
    _mm512_storeu_ps(to, (__m512)_mm512_cvtne2ps_pbh(_mm512_loadu_ps(from + lanes), _mm512_loadu_ps(from)));
  if (length == 0) return;
  const auto all = static_cast<uint32_t>((uint64_t{1} << length) - 1);
  const auto low = _mm512_maskz_loadu_ps(static_cast<__mmask16>(all), from);
  const auto high = _mm512_maskz_loadu_ps(static_cast<__mmask16>(all >> lanes), from + lanes);
  const auto pairs = static_cast<__mmask16>((1u << bf16_pairs(length)) - 1);
  _mm512_mask_storeu_ps(to, pairs, (__m512)_mm512_cvtne2ps_pbh(high, low));
}

#else

Bf16Products products() { return Bf16Products::Emulated; }

struct PairProducts {
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V add(D d, V x, V column, V sum) {
    const hn::RebindToUnsigned<D> bits;
    const auto first = [&](V pairs) HWY_ATTR { return hn::BitCast(d, hn::ShiftLeft<16>(hn::BitCast(bits, pairs))); };
    const auto second = [&](V pairs) HWY_ATTR {
      return hn::BitCast(d, hn::And(hn::BitCast(bits, pairs), hn::Set(bits, 0xffff0000u)));
    };
    return hn::MulAdd(second(x), second(column), hn::MulAdd(first(x), first(column), sum));
  }
};

HWY_INLINE void round_run(const float* from, int64_t length, float* to) {
  for (int64_t i = 0; i < length; i += 2)
    to[i / 2] = bf16_pair(to_bf16(from[i]), i + 1 < length ? to_bf16(from[i + 1]) : uint16_t{0});
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#endif  // CNN_BF16_PRODUCTS_INL_H_
