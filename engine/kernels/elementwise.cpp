// SPDX-License-Identifier: MIT
#include "engine/kernels/elementwise.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/elementwise.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Wide = hn::ScalableTag<float>;
using Single = hn::CappedTag<float, 1>;

template <class D>
using Vector = hn::Vec<D>;

struct AddPair {
  template <class V>
  HWY_INLINE V operator()(V a, V b) const {
    return hn::Add(a, b);
  }
};
struct SubPair {
  template <class V>
  HWY_INLINE V operator()(V a, V b) const {
    return hn::Sub(a, b);
  }
};
struct MulPair {
  template <class V>
  HWY_INLINE V operator()(V a, V b) const {
    return hn::Mul(a, b);
  }
};
struct DivPair {
  template <class V>
  HWY_INLINE V operator()(V a, V b) const {
    return hn::Div(a, b);
  }
};
// The instructions return an operand of their own choice when one is NaN.
struct MinPair {
  template <class V>
  HWY_INLINE V operator()(V a, V b) const {
    return hn::IfThenElse(hn::Eq(a, a), hn::IfThenElse(hn::Eq(b, b), hn::Min(a, b), b), a);
  }
};
struct MaxPair {
  template <class V>
  HWY_INLINE V operator()(V a, V b) const {
    return hn::IfThenElse(hn::Eq(a, a), hn::IfThenElse(hn::Eq(b, b), hn::Max(a, b), b), a);
  }
};
struct SlopePair {
  template <class V>
  HWY_INLINE V operator()(V a, V b) const {
    return hn::IfThenElse(hn::Lt(a, hn::Zero(hn::DFromV<V>())), hn::Mul(a, b), a);
  }
};

/// A vector of consecutive elements or of one repeated element.
template <bool Repeated, class D>
HWY_INLINE Vector<D> Fetch(D d, const float* p, int64_t i) {
  if constexpr (Repeated)
    return hn::Set(d, *p);
  else
    return hn::LoadU(d, p + i);
}

template <bool RepeatedA, bool RepeatedB, class Function>
HWY_INLINE void BinaryRow(Function function, float* out, const float* a, const float* b, int64_t n) {
  const Wide d;
  const Single one;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  // The repeated element is read before out, which may lie on it, is written.
  const float first_a = *a, first_b = *b;
  if (RepeatedA) a = &first_a;
  if (RepeatedB) b = &first_b;
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    hn::StoreU(function(Fetch<RepeatedA>(d, a, i), Fetch<RepeatedB>(d, b, i)), d, out + i);
  for (; i < n; ++i) hn::StoreU(function(Fetch<RepeatedA>(one, a, i), Fetch<RepeatedB>(one, b, i)), one, out + i);
}

template <class Function>
void BinaryRows(const ElementwiseLoop& loop, int64_t begin, int64_t end, float* out, const float* a, const float* b) {
  const Function function;
  const int64_t so = loop.inner_stride(0), sa = loop.inner_stride(1), sb = loop.inner_stride(2);
  const bool wide_a = sa == 1 || sa == 0, wide_b = sb == 1 || sb == 0;
  const Single one;
  loop.for_range(begin, end, [&](const ElementwiseLoop::Offsets& at, int64_t n) HWY_ATTR {
    float* o = out + at[0];
    const float* x = a + at[1];
    const float* y = b + at[2];
    if (so != 1 || !wide_a || !wide_b) {
      for (int64_t i = 0; i < n; ++i)
        hn::StoreU(function(hn::LoadU(one, x + i * sa), hn::LoadU(one, y + i * sb)), one, o + i * so);
    } else if (sa == 1 && sb == 1) {
      BinaryRow<false, false>(function, o, x, y, n);
    } else if (sa == 1) {
      BinaryRow<false, true>(function, o, x, y, n);
    } else if (sb == 1) {
      BinaryRow<true, false>(function, o, x, y, n);
    } else {
      BinaryRow<true, true>(function, o, x, y, n);
    }
  });
}

void Binary(BinaryKind kind, const ElementwiseLoop& loop, int64_t begin, int64_t end, float* out, const float* a,
            const float* b) {
  switch (kind) {
    case BinaryKind::Add:
      return BinaryRows<AddPair>(loop, begin, end, out, a, b);
    case BinaryKind::Sub:
      return BinaryRows<SubPair>(loop, begin, end, out, a, b);
    case BinaryKind::Mul:
      return BinaryRows<MulPair>(loop, begin, end, out, a, b);
    case BinaryKind::Div:
      return BinaryRows<DivPair>(loop, begin, end, out, a, b);
    case BinaryKind::Minimum:
      return BinaryRows<MinPair>(loop, begin, end, out, a, b);
    case BinaryKind::Maximum:
      return BinaryRows<MaxPair>(loop, begin, end, out, a, b);
    case BinaryKind::Slope:
      return BinaryRows<SlopePair>(loop, begin, end, out, a, b);
  }
}

template <bool Repeated>
HWY_INLINE void MultiplyAddRow(float* out, const float* x, const float* scale, const float* shift, int64_t n) {
  const Wide d;
  const Single one;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    hn::StoreU(hn::MulAdd(hn::LoadU(d, x + i), Fetch<Repeated>(d, scale, i), Fetch<Repeated>(d, shift, i)), d, out + i);
  for (; i < n; ++i)
    hn::StoreU(hn::MulAdd(hn::LoadU(one, x + i), Fetch<Repeated>(one, scale, i), Fetch<Repeated>(one, shift, i)), one,
               out + i);
}

void MultiplyAdd(const ElementwiseLoop& loop, int64_t begin, int64_t end, float* out, const float* x,
                 const float* scale, const float* shift) {
  const int64_t so = loop.inner_stride(0), sx = loop.inner_stride(1), ss = loop.inner_stride(2),
                st = loop.inner_stride(3);
  loop.for_range(begin, end, [&](const ElementwiseLoop::Offsets& at, int64_t n) HWY_ATTR {
    if (so == 1 && sx == 1 && ss == 1 && st == 1)
      return MultiplyAddRow<false>(out + at[0], x + at[1], scale + at[2], shift + at[3], n);
    if (so == 1 && sx == 1 && ss == 0 && st == 0)
      return MultiplyAddRow<true>(out + at[0], x + at[1], scale + at[2], shift + at[3], n);
    for (int64_t i = 0; i < n; ++i)
      out[at[0] + i * so] = x[at[1] + i * sx] * scale[at[2] + i * ss] + shift[at[3] + i * st];
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cnn {

HWY_EXPORT(Binary);
HWY_EXPORT(MultiplyAdd);

void binary_f32(BinaryKind kind, const ElementwiseLoop& loop, int64_t begin, int64_t end, float* out, const float* a,
                const float* b) {
  HWY_DYNAMIC_DISPATCH(Binary)(kind, loop, begin, end, out, a, b);
}

void multiply_add_f32(const ElementwiseLoop& loop, int64_t begin, int64_t end, float* out, const float* x,
                      const float* scale, const float* shift) {
  HWY_DYNAMIC_DISPATCH(MultiplyAdd)(loop, begin, end, out, x, scale, shift);
}

}  // namespace cnn
#endif
