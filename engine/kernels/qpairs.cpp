// SPDX-License-Identifier: MIT
#include "engine/kernels/qpairs.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/qpairs.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Elements [begin, count) as far as whole vectors of `d` go; returns where they end.
template <class T, bool multiplies, class D>
HWY_INLINE int64_t combine_vectors(D d, const QpairArguments& work, int64_t begin) {
  const hn::Rebind<float, D> df;
  const hn::RebindToUnsigned<D> du;
  const hn::Rebind<T, D> bytes;
  const hn::Rebind<uint8_t, D> bytes_out;
  constexpr float rounding = 12582912.0f;  // 1.5 * 2^23 leaves the nearest integer in the low bits
  constexpr int32_t rounding_bits = 0x4B400000;
  const T *a = static_cast<const T*>(work.a), *b = static_cast<const T*>(work.b);
  auto* y = static_cast<uint8_t*>(work.y);
  const auto a_zero = hn::Set(d, work.a_zero), b_zero = hn::Set(d, work.b_zero);
  const auto moved = hn::Set(d, work.y_zero - rounding_bits);
  const auto low = hn::Set(df, work.low), high = hn::Set(df, work.high);
  const auto a_scale = hn::Set(df, work.a_scale), b_scale = hn::Set(df, work.b_scale);
  const auto y_scale = hn::Set(df, work.y_scale), product = hn::Set(df, work.a_scale * work.b_scale / work.y_scale);
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d)), count = work.count, b_step = work.b_step;
  const auto one_b = hn::Set(d, b_step == 0 && count > 0 ? b[0] : 0);
  int64_t i = begin;
  for (; i + lanes <= count; i += lanes) {
    const auto p = hn::ConvertTo(df, hn::Sub(hn::PromoteTo(d, hn::LoadU(bytes, a + i)), a_zero));
    const auto second = b_step ? hn::PromoteTo(d, hn::LoadU(bytes, b + i)) : one_b;
    const auto q = hn::ConvertTo(df, hn::Sub(second, b_zero));
    hn::Vec<decltype(df)> value;
    if constexpr (multiplies) {
      value = hn::Mul(hn::Mul(p, q), product);
    } else {
      // Max() with what is smaller anyway keeps compilers from joining the product and the sum to one rounding.
      const auto rounded = hn::Max(hn::Mul(p, a_scale), hn::Set(df, -3.4028235e38f));
      value = hn::Div(hn::Add(rounded, hn::Max(hn::Mul(q, b_scale), hn::Set(df, -3.4028235e38f))), y_scale);
    }
    const auto bounded = hn::Min(hn::Max(value, low), high);
    const auto result = hn::Add(hn::BitCast(d, hn::Add(bounded, hn::Set(df, rounding))), moved);
    hn::StoreU(hn::TruncateTo(bytes_out, hn::BitCast(du, result)), bytes_out, y + i);
  }
  return i;
}

template <class T, bool multiplies>
HWY_NOINLINE void combine_all(const QpairArguments& work) {
  const int64_t done = combine_vectors<T, multiplies>(hn::ScalableTag<int32_t>(), work, 0);
  combine_vectors<T, multiplies>(hn::CappedTag<int32_t, 1>(), work, done);
}

void combine(const QpairArguments& work) {
  if (work.is_signed)
    work.multiplies ? combine_all<int8_t, true>(work) : combine_all<int8_t, false>(work);
  else
    work.multiplies ? combine_all<uint8_t, true>(work) : combine_all<uint8_t, false>(work);
}

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cnn {

HWY_EXPORT(combine);

void combine_qpairs(const QpairArguments& arguments) { HWY_DYNAMIC_DISPATCH(combine)(arguments); }

}  // namespace cnn
#endif  // HWY_ONCE
