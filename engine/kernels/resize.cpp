// SPDX-License-Identifier: MIT
#include "engine/kernels/resize.h"

#include <algorithm>
#include <cstddef>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/resize.cpp"
#include "hwy/cache_control.h"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr int sample_bits = 6;  // resize_row_scale is 1 << 6
constexpr int row_shift = 8;    // resize_one * 255 >> 8 is resize_row_scale * 255
constexpr int32_t row_rounding = 1 << (row_shift - 1);
constexpr int largest_sample = 255 * resize_row_scale;
constexpr ptrdiff_t fetched_ahead = 49152;  // bytes of a band; measured: longer ones push out what is still needed

inline void rows_scalar(const uint8_t* const* rows, const int16_t* weights, size_t taps, size_t begin, size_t end,
                        int16_t* out) {
  for (size_t i = begin; i < end; ++i) {
    int32_t sum = row_rounding;
    for (size_t k = 0; k < taps; ++k) sum += weights[k] * rows[k][i];
    out[i] = static_cast<int16_t>(std::clamp(sum >> row_shift, 0, largest_sample));
  }
}

inline int32_t rounding(const BandWeights& weights) { return 1 << (weights.shift - sample_bits - 1); }

inline void band_scalar(const uint8_t* rows, ptrdiff_t stride, const ResizeBand& band, const int32_t* carried,
                        int32_t* carry, size_t count, int16_t* out) {
  for (size_t i = 0; i < count; ++i) {
    int32_t sum = 0, ramp = 0;
    for (int k = 0; k < band.count; ++k) {
      const int32_t sample = rows[k * stride + static_cast<ptrdiff_t>(i)];
      sum += sample;
      ramp += k * sample;
    }
    const int32_t result = carried[i] + band.falling.sum * sum + band.falling.ramp * ramp;
    out[i] = static_cast<int16_t>(result >> (band.falling.shift - sample_bits));
    carry[i] = rounding(band.rising) + band.rising.sum * sum + band.rising.ramp * ramp;
  }
}

#if HWY_TARGET == HWY_SCALAR  // has no blocks to interleave in

void rows_kernel(const uint8_t* const* rows, const int16_t* weights, size_t taps, size_t count, int16_t* out) {
  rows_scalar(rows, weights, taps, 0, count, out);
}

void band_kernel(const uint8_t* rows, ptrdiff_t stride, const ResizeBand& band, const int32_t* carried, int32_t* carry,
                 size_t count, int16_t* out) {
  band_scalar(rows, stride, band, carried, carry, count, out);
}

#else

// One block where vectors of several blocks are not interleaved and demoted block by block.
#if HWY_ARCH_X86
using D16 = hn::CappedTag<int16_t, resize_carry_margin>;
#else
using D16 = hn::FixedTag<int16_t, 8>;
#endif
using D32 = hn::Repartition<int32_t, D16>;
using V16 = hn::Vec<D16>;
using V32 = hn::Vec<D32>;

// The lanes of `low` and `high` in the order that they had before InterleaveLower() and InterleaveUpper().
HWY_INLINE V16 demoted(V32 low, V32 high) {
#if HWY_ARCH_X86
  return hn::ReorderDemote2To(D16(), low, high);
#else
  const hn::Half<D16> half;
  return hn::Combine(D16(), hn::DemoteTo(half, high), hn::DemoteTo(half, low));
#endif
}

void rows_kernel(const uint8_t* const* rows, const int16_t* weights, size_t taps, size_t count, int16_t* out) {
  const D16 d16;
  const D32 d32;
  const hn::Rebind<uint8_t, D16> d8;
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
    hn::StoreU(hn::Clamp(demoted(low, high), hn::Zero(d16), hn::Set(d16, largest_sample)), d16, out + i);
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

HWY_INLINE V16 pair_of(const BandWeights& weights) {
  const uint32_t pair = static_cast<uint16_t>(weights.sum) | (uint32_t{static_cast<uint16_t>(weights.ramp)} << 16);
  return hn::BitCast(D16(), hn::Set(D32(), static_cast<int32_t>(pair)));
}

HWY_INLINE V32 weighted(V16 sums, V16 weights) {
  auto odd = hn::Zero(D32());
  const auto even = hn::ReorderWidenMulAccumulate(D32(), sums, weights, hn::Zero(D32()), odd);
  return hn::RearrangeToOddPlusEven(even, odd);
}

void band_kernel(const uint8_t* rows, ptrdiff_t stride, const ResizeBand& band, const int32_t* carried, int32_t* carry,
                 size_t count, int16_t* out) {
  const D16 d16;
  const D32 d32;
  const hn::Rebind<uint8_t, D16> d8;
  const size_t lanes = hn::Lanes(d16), half = hn::Lanes(d32);
  const auto falling = pair_of(band.falling), rising = pair_of(band.rising);
  const auto round = hn::Set(d32, rounding(band.rising));
  const bool fetch = band.count * stride <= fetched_ahead;
  const int shift = band.falling.shift - sample_bits;
  // Sums and ramps are zipped, so that one multiply-add serves both; results come back in linear order because zipping
  // and demoting both work within 128-bit blocks. Carries stay in the order of the zipped.
  auto finish = [&](V16 sum, V16 ramp, size_t i, size_t at) {
    const auto lower = hn::InterleaveLower(d16, sum, ramp), upper = hn::InterleaveUpper(d16, sum, ramp);
    const auto low = hn::Add(weighted(lower, falling), hn::LoadU(d32, carried + at));
    const auto high = hn::Add(weighted(upper, falling), hn::LoadU(d32, carried + at + half));
    hn::StoreU(demoted(hn::ShiftRightSame(low, shift), hn::ShiftRightSame(high, shift)), d16, out + i);
    hn::StoreU(hn::Add(weighted(lower, rising), round), d32, carry + at);
    hn::StoreU(hn::Add(weighted(upper, rising), round), d32, carry + at + half);
  };
  // From the last row to the first: a row added k rounds before the end is counted k times in the sum of sums.
  auto column = [&](size_t i, size_t at) {
    auto sum = hn::Zero(d16), ramp = sum;
    for (ptrdiff_t k = band.count - 1; k >= 0; --k) {
      ramp = hn::Add(ramp, sum);
      sum = hn::Add(sum, hn::PromoteTo(d16, hn::LoadU(d8, rows + k * stride + i)));
    }
    finish(sum, ramp, i, at);
  };
  auto columns = [&](size_t i) {
    auto sum0 = hn::Zero(d16), sum1 = sum0, sum2 = sum0, sum3 = sum0;
    auto ramp0 = sum0, ramp1 = sum0, ramp2 = sum0, ramp3 = sum0;
    const uint8_t* row = rows + (band.count - 1) * stride + static_cast<ptrdiff_t>(i);
    for (ptrdiff_t k = band.count; k > 0; --k, row -= stride) {
      if (fetch)
        for (size_t line = 0; line < 4 * lanes; line += 64) hwy::Prefetch(row + band.count * stride + line);
      ramp0 = hn::Add(ramp0, sum0);
      ramp1 = hn::Add(ramp1, sum1);
      ramp2 = hn::Add(ramp2, sum2);
      ramp3 = hn::Add(ramp3, sum3);
      sum0 = hn::Add(sum0, hn::PromoteTo(d16, hn::LoadU(d8, row)));
      sum1 = hn::Add(sum1, hn::PromoteTo(d16, hn::LoadU(d8, row + lanes)));
      sum2 = hn::Add(sum2, hn::PromoteTo(d16, hn::LoadU(d8, row + 2 * lanes)));
      sum3 = hn::Add(sum3, hn::PromoteTo(d16, hn::LoadU(d8, row + 3 * lanes)));
    }
    finish(sum0, ramp0, i, i);
    finish(sum1, ramp1, i + lanes, i + lanes);
    finish(sum2, ramp2, i + 2 * lanes, i + 2 * lanes);
    finish(sum3, ramp3, i + 3 * lanes, i + 3 * lanes);
  };
  size_t i = 0;
  for (; i + 4 * lanes <= count; i += 4 * lanes) columns(i);
  for (; i + lanes <= count; i += lanes) column(i, i);
  if (i == count) return;
  if (count >= lanes)
    column(count - lanes, i);
  else
    band_scalar(rows, stride, band, carried, carry, count, out);
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cnn {

HWY_EXPORT(rows_kernel);
HWY_EXPORT(band_kernel);

void resize_rows(std::span<const uint8_t* const> rows, std::span<const int16_t> weights, std::span<int16_t> out) {
  HWY_DYNAMIC_DISPATCH(rows_kernel)(rows.data(), weights.data(), rows.size(), out.size(), out.data());
}

void resize_band(const uint8_t* rows, ptrdiff_t stride, const ResizeBand& band, std::span<const int32_t> carried,
                 std::span<int32_t> carry, std::span<int16_t> out) {
  HWY_DYNAMIC_DISPATCH(band_kernel)(rows, stride, band, carried.data(), carry.data(), out.size(), out.data());
}

}  // namespace cnn
#endif
