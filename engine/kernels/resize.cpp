// SPDX-License-Identifier: MIT
#include "engine/kernels/resize.h"

#include <algorithm>
#include <cstddef>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/resize.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr int row_shift = 7;  // resize_one * 255 >> 7 is resize_row_scale * 255
constexpr int32_t row_rounding = 1 << (row_shift - 1);
constexpr int largest_sample = 255 * resize_row_scale;

inline void rows_scalar(const uint8_t* const* rows, const int16_t* weights, size_t taps, size_t begin, size_t end,
                        int16_t* out) {
  for (size_t i = begin; i < end; ++i) {
    int32_t sum = row_rounding;
    for (size_t k = 0; k < taps; ++k) sum += weights[k] * rows[k][i];
    out[i] = static_cast<int16_t>(std::clamp(sum >> row_shift, 0, largest_sample));
  }
}

inline void columns_scalar(const int16_t* row, const int32_t* first, const int16_t* weights, size_t taps, size_t begin,
                           size_t end, float* out) {
  for (size_t i = begin; i < end; ++i) {
    int32_t sum = 0;
    for (size_t k = 0; k < taps; ++k) sum += weights[i * taps + k] * row[first[i] + static_cast<ptrdiff_t>(k)];
    out[i] = std::clamp(static_cast<float>(sum) * (1.0f / (float{resize_one} * resize_row_scale)), 0.0f, 255.0f);
  }
}

#if HWY_TARGET == HWY_SCALAR  // has no blocks to interleave in

void rows_kernel(const uint8_t* const* rows, const int16_t* weights, size_t taps, size_t count, int16_t* out) {
  rows_scalar(rows, weights, taps, 0, count, out);
}

void columns_kernel(const int16_t* row, const int32_t* first, const int16_t* weights, size_t taps, size_t count,
                    float* out) {
  columns_scalar(row, first, weights, taps, 0, count, out);
}

#else

void rows_kernel(const uint8_t* const* rows, const int16_t* weights, size_t taps, size_t count, int16_t* out) {
  const hn::ScalableTag<int16_t> d16;
  const hn::Repartition<int32_t, decltype(d16)> d32;
  const hn::Rebind<uint8_t, decltype(d16)> d8;
  const size_t lanes = hn::Lanes(d16);
  // Bytes of two rows are zipped, so that one multiply-add serves both; sums come back in linear order because zipping
  // and demoting both work within 128-bit blocks.
  auto column = [&](size_t i) {
    auto low0 = hn::Zero(d32), low1 = low0, high0 = low0, high1 = low0;
    for (size_t k = 0; k < taps; k += 2) {
      const auto a = hn::PromoteTo(d16, hn::LoadU(d8, rows[k] + i));
      const auto b = hn::PromoteTo(d16, hn::LoadU(d8, rows[k + 1] + i));
      const uint32_t pair = static_cast<uint16_t>(weights[k]) | (uint32_t{static_cast<uint16_t>(weights[k + 1])} << 16);
      const auto w = hn::BitCast(d16, hn::Set(d32, static_cast<int32_t>(pair)));
      low0 = hn::ReorderWidenMulAccumulate(d32, hn::InterleaveLower(d16, a, b), w, low0, low1);
      high0 = hn::ReorderWidenMulAccumulate(d32, hn::InterleaveUpper(d16, a, b), w, high0, high1);
    }
    const auto rounding = hn::Set(d32, row_rounding);
    const auto low = hn::ShiftRight<row_shift>(hn::Add(hn::RearrangeToOddPlusEven(low0, low1), rounding));
    const auto high = hn::ShiftRight<row_shift>(hn::Add(hn::RearrangeToOddPlusEven(high0, high1), rounding));
    const auto samples = hn::ReorderDemote2To(d16, low, high);
    hn::StoreU(hn::Clamp(samples, hn::Zero(d16), hn::Set(d16, largest_sample)), d16, out + i);
  };
  size_t i = 0;
  for (; i + lanes <= count; i += lanes) column(i);
  if (i == count) return;
  if (count >= lanes) {
    column(count - lanes);
    return;
  }
  rows_scalar(rows, weights, taps, i, count, out);
}

// Sums of the four lanes of each of four vectors.
template <class D, class V>
HWY_INLINE V sums_of_four(D d, V a, V b, V c, V e) {
  const hn::Repartition<int64_t, D> d64;
  const V ab = hn::Add(hn::InterleaveLower(d, a, b), hn::InterleaveUpper(d, a, b));
  const V ce = hn::Add(hn::InterleaveLower(d, c, e), hn::InterleaveUpper(d, c, e));
  const auto wide_ab = hn::BitCast(d64, ab);
  const auto wide_ce = hn::BitCast(d64, ce);
  return hn::Add(hn::BitCast(d, hn::InterleaveLower(d64, wide_ab, wide_ce)),
                 hn::BitCast(d, hn::InterleaveUpper(d64, wide_ab, wide_ce)));
}

void columns_kernel(const int16_t* row, const int32_t* first, const int16_t* weights, size_t taps, size_t count,
                    float* out) {
  const hn::FixedTag<int16_t, 8> d16;
  const hn::FixedTag<int32_t, 4> d32;
  const hn::FixedTag<float, 4> df;
  const auto unit = hn::Set(df, 1.0f / (float{resize_one} * resize_row_scale));
  auto dot = [&](size_t i) {
    auto sum0 = hn::Zero(d32), sum1 = hn::Zero(d32);
    const int16_t* w = weights + i * taps;
    for (size_t k = 0; k < taps; k += 8)
      sum0 = hn::ReorderWidenMulAccumulate(d32, hn::LoadU(d16, row + first[i] + k), hn::LoadU(d16, w + k), sum0, sum1);
    return hn::Add(sum0, sum1);
  };
  size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const auto sums = sums_of_four(d32, dot(i), dot(i + 1), dot(i + 2), dot(i + 3));
    const auto values = hn::Mul(hn::ConvertTo(df, sums), unit);
    hn::StoreU(hn::Clamp(values, hn::Zero(df), hn::Set(df, 255.0f)), df, out + i);
  }
  columns_scalar(row, first, weights, taps, i, count, out);
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cnn {

HWY_EXPORT(rows_kernel);
HWY_EXPORT(columns_kernel);

void resize_rows(std::span<const uint8_t* const> rows, std::span<const int16_t> weights, std::span<int16_t> out) {
  HWY_DYNAMIC_DISPATCH(rows_kernel)(rows.data(), weights.data(), rows.size(), out.size(), out.data());
}

void resize_columns(const int16_t* row, int origin, const ResizeFilter& filter, std::span<float> out) {
  HWY_DYNAMIC_DISPATCH(columns_kernel)
  (row - origin, filter.first.data(), filter.weights.data(), static_cast<size_t>(filter.taps), out.size(), out.data());
}

}  // namespace cnn
#endif
