// SPDX-License-Identifier: MIT
#include "engine/kernels/qaffine.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/qaffine.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/qgemm_output-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Channels [begin, channels) of a pixel as far as whole vectors of `d` go; returns where they end.
template <class T, class D>
HWY_INLINE int64_t apply_vectors(D d, const QaffineArguments& work, const T* x, uint8_t* y, int64_t begin) {
  const hn::Rebind<float, D> df;
  const hn::RebindToUnsigned<D> du;
  const hn::Rebind<T, D> bytes;
  const hn::Rebind<uint8_t, D> bytes_out;
  // Copies: stores of bytes could change what is behind a reference as far as the compiler knows.
  const float *const factor = work.factor, *const summand = work.summand, *const low = work.low,
                     *const high = work.high;
  const auto zero = hn::Set(d, work.x_zero), moved = hn::Set(d, work.y_zero - rounding_bits);
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d)), channels = work.channels;
  int64_t c = begin;
  for (; c + lanes <= channels; c += lanes) {
    const auto number = hn::ConvertTo(df, hn::Sub(hn::PromoteTo(d, hn::LoadU(bytes, x + c)), zero));
    // Max() with what is smaller anyway keeps compilers from joining the product and the sum to one rounding.
    const auto product = hn::Max(hn::Mul(number, hn::LoadU(df, factor + c)), hn::Set(df, -3.4028235e38f));
    const auto value = hn::Add(product, hn::LoadU(df, summand + c));
    const auto bounded = hn::Min(hn::Max(value, hn::LoadU(df, low + c)), hn::LoadU(df, high + c));
    const auto rounded = hn::Add(hn::BitCast(d, hn::Add(bounded, hn::Set(df, rounding))), moved);
    hn::StoreU(hn::TruncateTo(bytes_out, hn::BitCast(du, rounded)), bytes_out, y + c);
  }
  return c;
}

template <class T>
HWY_NOINLINE void apply_all(const QaffineArguments& work) {
  for (int64_t p = 0; p < work.pixels; ++p) {
    const T* x = static_cast<const T*>(work.x) + p * work.x_step;
    uint8_t* y = static_cast<uint8_t*>(work.y) + p * work.y_step;
    const int64_t done = apply_vectors(hn::ScalableTag<int32_t>(), work, x, y, 0);
    apply_vectors(hn::CappedTag<int32_t, 1>(), work, x, y, done);
  }
}

void apply(const QaffineArguments& work) { work.is_signed ? apply_all<int8_t>(work) : apply_all<uint8_t>(work); }

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cnn {

HWY_EXPORT(apply);

void apply_qaffine(const QaffineArguments& arguments) { HWY_DYNAMIC_DISPATCH(apply)(arguments); }

}  // namespace cnn
#endif  // HWY_ONCE
