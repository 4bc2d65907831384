// SPDX-License-Identifier: MIT
// Pairs of int16 and the sums of their products; include after hwy/highway.h in a file that uses hwy/foreach_target.h.
#if defined(CNN_QGEMM_PAIRS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CNN_QGEMM_PAIRS_INL_H_
#undef CNN_QGEMM_PAIRS_INL_H_
#else
#define CNN_QGEMM_PAIRS_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR

/// One pair for each lane of D, which is a tag of int32.
template <class D>
using Pairs = hn::Vec<D>;  // whose bytes are those of two int16

template <class D>
HWY_INLINE hn::Vec<D> load_lanes(D d, const std::byte* from) {
  int32_t lane;
  std::memcpy(&lane, from, sizeof(lane));
  return hn::Set(d, lane);
}

template <class D>
HWY_INLINE Pairs<D> load_pairs(D d, const int16_t* from) {
  return load_lanes(d, reinterpret_cast<const std::byte*>(from));
}

template <class D>
HWY_INLINE Pairs<D> as_pairs(D, hn::Vec<D> lanes) {
  return lanes;
}

/// Lane i from bytes a[i] and b[i].
template <class D, class T>
HWY_INLINE Pairs<D> widen_pairs_of(D d, const T* a, const T* b) {
  const int16_t both[2] = {a[0], b[0]};
  return load_pairs(d, both);
}

/// Lane i from byte a[i], beside any number.
template <class D, class T>
HWY_INLINE Pairs<D> widen_lone(D d, const T* a) {
  return widen_pairs_of(d, a, a);
}

/// Pairs of two vectors of channels.
template <class D, class T>
HWY_INLINE void widen_two_vectors(D d, const T* a, const T* b, Pairs<D>* pairs) {
  pairs[0] = widen_pairs_of(d, a, b);
  pairs[1] = widen_pairs_of(d, a + 1, b + 1);
}

/// Sums under way: lane by lane the products of pairs.
template <class D>
struct PairSums {
  hn::Vec<D> sum;

  explicit PairSums(hn::Vec<D> begin) : sum(begin) {}
  PairSums() = default;
  HWY_INLINE void add_products(D d, Pairs<D> a, Pairs<D> b) {
    int16_t x[2], y[2];
    const int32_t left = hn::GetLane(a), right = hn::GetLane(b);
    std::memcpy(x, &left, sizeof(x));
    std::memcpy(y, &right, sizeof(y));
    sum = hn::Add(sum, hn::Set(d, x[0] * y[0] + x[1] * y[1]));
  }
  HWY_INLINE hn::Vec<D> total() const { return sum; }
};

#else

template <class D>
using Pairs = hn::Vec<hn::Repartition<int16_t, D>>;

/// Lanes of any alignment whose bytes are smaller numbers.
template <class D>
HWY_INLINE hn::Vec<D> load_lanes(D d, const std::byte* from) {
  const hn::Repartition<uint8_t, D> bytes;
  return hn::BitCast(d, hn::LoadU(bytes, reinterpret_cast<const uint8_t*>(from)));
}

template <class D>
HWY_INLINE Pairs<D> load_pairs(D, const int16_t* from) {
  return hn::LoadU(hn::Repartition<int16_t, D>(), from);
}

template <class D>
HWY_INLINE Pairs<D> as_pairs(D, hn::Vec<D> lanes) {
  return hn::BitCast(hn::Repartition<int16_t, D>(), lanes);
}

template <class D, class T>
HWY_INLINE Pairs<D> widen_pairs_of(D, const T* a, const T* b) {
  using D16 = hn::Repartition<int16_t, D>;
  const hn::Rebind<T, D> half;
  const hn::Rebind<T, D16> whole;
  const auto first = hn::LoadU(half, a), second = hn::LoadU(half, b);
  if constexpr (hn::MaxLanes(hn::Rebind<T, D16>()) > 16) {
    return hn::PromoteTo(
        D16(), hn::Combine(whole, hn::InterleaveUpper(half, first, second), hn::InterleaveLower(half, first, second)));
  } else {
    return hn::PromoteTo(
        D16(), hn::InterleaveLower(whole, hn::ZeroExtendVector(whole, first), hn::ZeroExtendVector(whole, second)));
  }
}

template <class D, class T>
HWY_INLINE Pairs<D> widen_lone(D d, const T* a) {
  return hn::BitCast(hn::Repartition<int16_t, D>(), hn::PromoteTo(d, hn::LoadU(hn::Rebind<T, D>(), a)));
}

template <class D, class T>
HWY_INLINE void widen_two_vectors(D d, const T* a, const T* b, Pairs<D>* pairs) {
  using D16 = hn::Repartition<int16_t, D>;
  const hn::Rebind<T, D16> whole;
  if constexpr (hn::MaxLanes(hn::Rebind<T, D16>()) > 16) {
    const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
    pairs[0] = widen_pairs_of(d, a, b);
    pairs[1] = widen_pairs_of(d, a + lanes, b + lanes);
  } else {
    const auto first = hn::LoadU(whole, a), second = hn::LoadU(whole, b);
    pairs[0] = hn::PromoteTo(D16(), hn::InterleaveLower(whole, first, second));
    pairs[1] = hn::PromoteTo(D16(), hn::InterleaveUpper(whole, first, second));
  }
}

template <class D>
struct PairSums {
  // Where one instruction adds both products of a pair, `odd` stays zero and takes no register.
  hn::Vec<D> even, odd;

#if HWY_ARCH_ARM_A64
  // total() adds neighbours: those of `even` make its lower lanes, those of `odd` the upper ones. A lone lane adds
  // both.
  explicit PairSums(hn::Vec<D> begin) : even(hn::InterleaveLower(D(), begin, hn::Zero(D()))), odd(hn::Zero(D())) {
    if constexpr (hn::MaxLanes(D()) > 1) odd = hn::InterleaveUpper(D(), begin, hn::Zero(D()));
  }
#else
  explicit PairSums(hn::Vec<D> begin) : even(begin), odd(hn::Zero(D())) {}
#endif
  PairSums() = default;
  HWY_INLINE void add_products(D d, Pairs<D> a, Pairs<D> b) {
    even = hn::ReorderWidenMulAccumulate(d, a, b, even, odd);
  }
  HWY_INLINE hn::Vec<D> total() const { return hn::RearrangeToOddPlusEven(even, odd); }
};

#endif

/// What tiles add: products of pairs of int16.
struct Int16Pairs {
  template <class D>
  using Sums = PairSums<D>;
  template <class D>
  static HWY_INLINE void add(D d, hn::Vec<D> x, hn::Vec<D> column, Sums<D>& sum) {
    sum.add_products(d, as_pairs(d, x), as_pairs(d, column));
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#endif  // CNN_QGEMM_PAIRS_INL_H_
