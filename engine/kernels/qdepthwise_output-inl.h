// SPDX-License-Identifier: MIT
// Sums of the integer depthwise convolution become bytes without leaving the registers; include after hwy/highway.h in
// a file that uses hwy/foreach_target.h.
#if defined(CNN_QDEPTHWISE_OUTPUT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CNN_QDEPTHWISE_OUTPUT_INL_H_
#undef CNN_QDEPTHWISE_OUTPUT_INL_H_
#else
#define CNN_QDEPTHWISE_OUTPUT_INL_H_
#endif

#include <cstdint>

#include "engine/kernels/qdepthwise_output.h"
#include "engine/kernels/qgemm_output-inl.h"
#include "engine/kernels/unrolled-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {

/// Output columns that are computed together.
constexpr size_t qdepthwise_columns = 4;

/// Looks through the numbers of channels [begin, channels) as far as whole vectors go; returns where they end.
template <class D>
HWY_INLINE int64_t look_through(D d, int64_t begin, int64_t channels, QdepthwiseOutput& output) {
  const QgemmOutput& to = output.to;
  const auto zero = hn::Set(d, static_cast<float>(to.zero)), least = hn::Set(d, to.low[0]);
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t c = begin;
  for (; c + lanes <= channels; c += lanes) {
    const auto low = hn::LoadU(d, to.low + c), high = hn::LoadU(d, to.high + c), scale = hn::LoadU(d, to.scale + c);
    const auto whole = hn::And(hn::Eq(low, least), hn::Eq(high, hn::Add(least, hn::Set(d, 255.0f))));
    output.whole_range &= hn::AllTrue(d, hn::And(whole, hn::Lt(hn::Abs(scale), hn::Set(d, 1.0f))));
    output.is_signed |= !hn::AllFalse(d, hn::Lt(hn::Add(low, zero), hn::Zero(d)));
  }
  return c;
}

HWY_INLINE QdepthwiseOutput examined(const QgemmOutput& to, int64_t channels) {
  if (to.result != QgemmResult::Byte || channels == 0) return {to};
  QdepthwiseOutput output{to, 0, 0, false, true};
  const int64_t c = look_through(hn::ScalableTag<float>(), 0, channels, output);
  look_through(hn::CappedTag<float, 1>(), c, channels, output);
  output.whole_range &= to.low[0] + static_cast<float>(to.zero) == (output.is_signed ? -128.0f : 0.0f);
  const auto zero = static_cast<uint16_t>(to.zero + (output.is_signed ? 128 : 0));
  output.zeros = uint32_t{zero} << 16 | zero;
  output.signs = output.is_signed ? 0x80808080 : 0;
  return output;
}

#if HWY_TARGET == HWY_AVX2

/// Nearest integers, ties to even; INT32_MIN for NaN and what is too large.
HWY_INLINE hn::Vec<hn::Full256<int32_t>> nearest(hn::Vec<hn::Full256<float>> x) {
  return hn::Vec<hn::Full256<int32_t>>{_mm256_cvtps_epi32(x.raw)};
}

/// Numbers of 16 channels, or of 8, in the order of their sums.
template <size_t vectors>
HWY_INLINE hn::Vec<hn::Full256<float>> in_order_of_sums(const float* from, size_t v) {
  const hn::Full256<float> d;
  const hn::Full128<float> half;
  if constexpr (vectors == 1) return hn::LoadU(d, from);
  return hn::Combine(d, hn::LoadU(half, from + 4 * v + 8), hn::LoadU(half, from + 4 * v));
}

/// Stores `sum` [columns, vectors] of channels from `c` on, in the order that qdepthwise_place() says; pixels are
/// `step` bytes apart.
template <size_t vectors, class D>
HWY_INLINE void store_columns(D d, const hn::Vec<D> (&sum)[qdepthwise_columns][vectors], const QdepthwiseOutput& output,
                              int64_t c, std::byte* to, int64_t step) {
  static_assert(vectors == 1 || vectors == 2);
  constexpr size_t columns = qdepthwise_columns;
  const hn::Full256<float> df;
  const hn::Full256<int16_t> d16;
  const hn::Full256<uint8_t> d8;
  hn::Vec<decltype(df)> scaled[columns][vectors];
  unrolled<vectors>([&](auto v) CNN_INLINED {
    const auto scale = in_order_of_sums<vectors>(output.to.scale + c, v);
    unrolled<columns>([&](auto t) CNN_INLINED { scaled[t][v] = hn::Mul(hn::ConvertTo(df, sum[t][v]), scale); });
  });
  if (!output.whole_range) {
    unrolled<vectors>([&](auto v) CNN_INLINED {
      const auto low = in_order_of_sums<vectors>(output.to.low + c, v);
      const auto high = in_order_of_sums<vectors>(output.to.high + c, v);
      // Max() returns its second argument for NaN, as quantisation wants it.
      unrolled<columns>([&](auto t) CNN_INLINED { scaled[t][v] = hn::Min(hn::Max(scaled[t][v], low), high); });
    });
  }
  // int8 are uint8 less 128.
  const auto zero = hn::BitCast(d16, hn::Set(hn::Full256<uint32_t>(), output.zeros));
  const auto sign = hn::BitCast(d8, hn::Set(hn::Full256<uint32_t>(), output.signs));
  const auto words = [&](auto a, auto b) CNN_INLINED {
    return hn::SaturatedAdd(hn::ReorderDemote2To(d16, nearest(a), nearest(b)), zero);
  };
  const auto bytes = [&](auto a, auto b) CNN_INLINED {
    return hn::BitCast(d, hn::Xor(hn::Vec<decltype(d8)>{_mm256_packus_epi16(a.raw, b.raw)}, sign));
  };
  auto* out = reinterpret_cast<uint8_t*>(to);
  if constexpr (vectors == 2) {
    const hn::Full128<uint8_t> half;
    unrolled<columns / 2>([&](auto pair) CNN_INLINED {
      constexpr size_t t = 2 * decltype(pair)::value;
      const auto both = bytes(words(scaled[t][0], scaled[t][1]), words(scaled[t + 1][0], scaled[t + 1][1]));
      const hn::Vec<decltype(d8)> rows{_mm256_permute4x64_epi64(both.raw, _MM_SHUFFLE(3, 1, 2, 0))};
      hn::StoreU(hn::LowerHalf(half, rows), half, out + static_cast<int64_t>(t) * step);
      hn::StoreU(hn::UpperHalf(half, rows), half, out + static_cast<int64_t>(t + 1) * step);
    });
  } else {
    // Lanes of four channels: columns 0 to 3, then the same of the next four channels.
    const auto all = bytes(words(scaled[0][0], scaled[1][0]), words(scaled[2][0], scaled[3][0]));
    alignas(32) static constexpr int32_t blocks[8] = {0, 4, 1, 5, 2, 6, 3, 7};
    alignas(32) uint64_t rows[columns];
    hn::Store(hn::TableLookupLanes(all, hn::SetTableIndices(d, blocks)), d, reinterpret_cast<int32_t*>(rows));
    for (size_t t = 0; t < columns; ++t) std::memcpy(out + static_cast<int64_t>(t) * step, &rows[t], sizeof(rows[t]));
  }
}

#else

template <size_t vectors, class D>
HWY_INLINE void store_columns(D d, const hn::Vec<D> (&sum)[qdepthwise_columns][vectors], const QdepthwiseOutput& output,
                              int64_t c, std::byte* to, int64_t step) {
  const hn::Rebind<float, D> df;
  const hn::RebindToUnsigned<D> du;
  const hn::Rebind<uint8_t, D> d8;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto moved = hn::Set(d, output.to.zero - rounding_bits);
  auto* out = reinterpret_cast<uint8_t*>(to);
  unrolled<vectors>([&](auto v) CNN_INLINED {
    const int64_t first = static_cast<int64_t>(v) * lanes;
    const auto scale = hn::LoadU(df, output.to.scale + c + first), low = hn::LoadU(df, output.to.low + c + first),
               high = hn::LoadU(df, output.to.high + c + first);
    unrolled<qdepthwise_columns>([&](auto t) CNN_INLINED {
      const auto bounded = hn::Min(hn::Max(hn::Mul(hn::ConvertTo(df, sum[t][v]), scale), low), high);
      const auto rounded = hn::Add(hn::BitCast(d, hn::Add(bounded, hn::Set(df, rounding))), moved);
      hn::StoreU(hn::TruncateTo(d8, hn::BitCast(du, rounded)), d8, out + static_cast<int64_t>(t) * step + first);
    });
  });
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#endif  // CNN_QDEPTHWISE_OUTPUT_INL_H_
