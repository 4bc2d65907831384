// SPDX-License-Identifier: MIT
// Products of quads of bytes; include after hwy/highway.h, after what other files compile as well, and before the tiles
// in a file that uses hwy/foreach_target.h.
#if defined(CNN_QGEMM_QUADS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CNN_QGEMM_QUADS_INL_H_
#undef CNN_QGEMM_QUADS_INL_H_
#else
#define CNN_QGEMM_QUADS_INL_H_
#endif

#include <cstdint>
#include <cstring>

#include "engine/kernels/qgemm_pairs-inl.h"
#include "engine/kernels/qgemm_quads.h"
#include "hwy/highway.h"

// Intrinsics, as the oldest Highway that the project builds with has no such operation. Its AVX-512 target lacks the
// instruction, too, which many CPUs of that target have: what follows in this pass of foreach_target is compiled for
// it. Targets beyond that one include it.
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
#include <immintrin.h>
#if HWY_TARGET == HWY_AVX3
#undef HWY_TARGET_STR
#define HWY_TARGET_STR HWY_TARGET_STR_AVX3 ",avx512vnni"
#endif
#endif

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3

QuadProducts products_of_quads() {
  return HWY_TARGET < HWY_AVX3 || __builtin_cpu_supports("avx512vnni") ? QuadProducts::Native : QuadProducts::Absent;
}

template <class D>
struct QuadSums {
  hn::Vec<D> sum;

  explicit QuadSums(hn::Vec<D> begin) : sum(begin) {}
  QuadSums() = default;
  HWY_INLINE void add_products(D, hn::Vec<D> x, hn::Vec<D> column) {
    sum = hn::Vec<D>{_mm512_dpbusd_epi32(sum.raw, x.raw, column.raw)};
  }
  HWY_INLINE hn::Vec<D> total() const { return sum; }
};

#else

QuadProducts products_of_quads() { return QuadProducts::Emulated; }

#if HWY_TARGET == HWY_SCALAR

template <class D>
struct QuadSums {
  hn::Vec<D> sum;

  explicit QuadSums(hn::Vec<D> begin) : sum(begin) {}
  QuadSums() = default;
  HWY_INLINE void add_products(D d, hn::Vec<D> x, hn::Vec<D> column) {
    uint8_t pixel[4];
    int8_t weight[4];
    const int32_t left = hn::GetLane(x), right = hn::GetLane(column);
    std::memcpy(pixel, &left, sizeof(pixel));
    std::memcpy(weight, &right, sizeof(weight));
    int32_t total = 0;
    for (int i = 0; i < 4; ++i) total += pixel[i] * weight[i];
    sum = hn::Add(sum, hn::Set(d, total));
  }
  HWY_INLINE hn::Vec<D> total() const { return sum; }
};

#else

/// As two pairs of int16: bytes 0 and 2, then 1 and 3.
template <class D>
struct QuadSums {
  PairSums<D> sum;

  explicit QuadSums(hn::Vec<D> begin) : sum(begin) {}
  QuadSums() = default;
  HWY_INLINE void add_products(D d, hn::Vec<D> x, hn::Vec<D> column) {
    const hn::Repartition<int16_t, D> d16;
    const hn::RebindToUnsigned<decltype(d16)> u16;
    const auto pixels = hn::BitCast(u16, x);
    const auto weights = hn::BitCast(d16, column);
    sum.add_products(d, hn::BitCast(d16, hn::And(pixels, hn::Set(u16, 0xFF))),
                     hn::ShiftRight<8>(hn::ShiftLeft<8>(weights)));
    sum.add_products(d, hn::BitCast(d16, hn::ShiftRight<8>(pixels)), hn::ShiftRight<8>(weights));
  }
  HWY_INLINE hn::Vec<D> total() const { return sum.total(); }
};

#endif
#endif

/// What tiles add: products of quads.
struct ByteQuads {
  template <class D>
  using Sums = QuadSums<D>;
  template <class D>
  static HWY_INLINE void add(D d, hn::Vec<D> x, hn::Vec<D> column, Sums<D>& sum) {
    sum.add_products(d, x, column);
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#endif  // CNN_QGEMM_QUADS_INL_H_
