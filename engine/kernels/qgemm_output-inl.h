// SPDX-License-Identifier: MIT
// Stores sums of quantised products; include after hwy/highway.h in a file that uses hwy/foreach_target.h.
#if defined(CNN_QGEMM_OUTPUT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CNN_QGEMM_OUTPUT_INL_H_
#undef CNN_QGEMM_OUTPUT_INL_H_
#else
#define CNN_QGEMM_OUTPUT_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "engine/kernels/qgemm_output.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Adding 1.5 * 2^23 rounds |x| < 2^22 to the nearest integer, ties to even, and leaves it in the low bits.
constexpr float rounding = 12582912.0f;
constexpr int32_t rounding_bits = 0x4B400000;

#if HWY_TARGET == HWY_AVX2

/// Bytes, two vectors of columns and two rows at a time, from column 0 as far as that goes; returns where it ends.
/// Truncating one vector after the other takes AVX2 as long as computing it.
HWY_INLINE int64_t store_bytes_of_two(const int32_t* sums, int64_t width, int64_t rows, int64_t columns,
                                      const QgemmOutput& to, std::byte* output, int64_t step) {
  const hn::Full256<int32_t> d;
  const hn::Full256<float> df;
  const hn::Full256<int16_t> d16;
  const hn::Full256<uint8_t> d8;
  const hn::Full128<uint8_t> half;
  // Of 16-bit lanes whose low bytes are a row's and whose high bytes the next row's: first the low, then the high ones.
  alignas(32) static constexpr uint8_t halves[32] = {0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15,
                                                     0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15};
  alignas(32) static constexpr int32_t blocks[8] = {0, 4, 1, 5, 2, 6, 3, 7};
  const auto apart = hn::Load(d8, halves);
  const auto in_order = hn::SetTableIndices(d, blocks);
  const auto low_byte = hn::Set(d16, 0xFF);
  const auto magic = hn::Set(df, rounding);
  const auto moved = hn::Set(d, to.zero - rounding_bits);
  const float *const scales = to.scale, *const lows = to.low, *const highs = to.high;
  int64_t c = 0;
  for (; c + 16 <= columns; c += 16) {
    const auto rounded = [&](const int32_t* from, int64_t at) HWY_ATTR {
      const auto scaled = hn::Mul(hn::ConvertTo(df, hn::LoadU(d, from + at)), hn::LoadU(df, scales + c + at));
      const auto bounded = hn::Min(hn::Max(scaled, hn::LoadU(df, lows + c + at)), hn::LoadU(df, highs + c + at));
      return hn::Add(hn::BitCast(d, hn::Add(bounded, magic)), moved);
    };
    for (int64_t r = 0; r < rows; r += 2) {
      const int32_t *first = sums + r * width + c, *second = r + 1 < rows ? first + width : first;
      const auto a = hn::ReorderDemote2To(d16, rounded(first, 0), rounded(first, 8));
      const auto b = hn::ReorderDemote2To(d16, rounded(second, 0), rounded(second, 8));
      const auto mixed = hn::BitCast(d8, hn::Or(hn::And(a, low_byte), hn::ShiftLeft<8>(b)));
      const auto bytes = hn::BitCast(
          d8, hn::TableLookupLanes(hn::BitCast(d, hn::TableLookupBytes(mixed, apart)), in_order));
      auto* row = reinterpret_cast<uint8_t*>(output) + r * step + c;
      hn::StoreU(hn::LowerHalf(half, bytes), half, row);
      if (r + 1 < rows) hn::StoreU(hn::UpperHalf(half, bytes), half, row + step);
    }
  }
  return c;
}

#endif

/// Columns [begin, columns) of all rows as far as whole vectors of `d` go; returns where they end.
template <QgemmResult result, class D>
HWY_INLINE int64_t store_sums(D d, const int32_t* sums, int64_t width, int64_t rows, int64_t begin, int64_t columns,
                              const QgemmOutput& to, std::byte* output, int64_t step) {
  const hn::Rebind<float, D> df;
  const hn::RebindToUnsigned<D> du;
  const hn::Rebind<uint8_t, D> bytes;
  // Copies: stores of bytes could change what is behind a reference as far as the compiler knows.
  const float *const scales = to.scale, *const lows = to.low, *const highs = to.high;
  const auto moved = hn::Set(d, to.zero - rounding_bits);
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d)), row_bytes = step * size_of(result);
  int64_t c = begin;
  for (; c + lanes <= columns; c += lanes) {
    const auto scale = hn::LoadU(df, scales + c), low = hn::LoadU(df, lows + c), high = hn::LoadU(df, highs + c);
    const int32_t* from = sums + c;
    std::byte* row = output + c * size_of(result);
    for (int64_t r = 0; r < rows; ++r, from += width, row += row_bytes) {
      // Max() returns its second argument for NaN, as quantisation wants it.
      const auto scaled = hn::Min(hn::Max(hn::Mul(hn::ConvertTo(df, hn::LoadU(d, from)), scale), low), high);
      if constexpr (result == QgemmResult::Byte) {
        const auto rounded = hn::Add(hn::BitCast(d, hn::Add(scaled, hn::Set(df, rounding))), moved);
        hn::StoreU(hn::TruncateTo(bytes, hn::BitCast(du, rounded)), bytes, reinterpret_cast<uint8_t*>(row));
      } else {
        hn::StoreU(scaled, df, reinterpret_cast<float*>(row));
      }
    }
  }
  return c;
}

template <QgemmResult result>
HWY_NOINLINE void store_scaled_rows(const int32_t* sums, int64_t width, int64_t rows, int64_t columns,
                                    const QgemmOutput& to, std::byte* output, int64_t step) {
  int64_t c = 0;
#if HWY_TARGET == HWY_AVX2
  if constexpr (result == QgemmResult::Byte) c = store_bytes_of_two(sums, width, rows, columns, to, output, step);
#endif
  c = store_sums<result>(hn::ScalableTag<int32_t>(), sums, width, rows, c, columns, to, output, step);
  if (c == columns) return;
  c = store_sums<result>(hn::CappedTag<int32_t, 4>(), sums, width, rows, c, columns, to, output, step);
  store_sums<result>(hn::CappedTag<int32_t, 1>(), sums, width, rows, c, columns, to, output, step);
}

/// sums [rows, width] whose first `columns` columns are stored, `step` results from row to row.
HWY_INLINE void store_rows(const int32_t* sums, int64_t width, int64_t rows, int64_t columns, const QgemmOutput& to,
                           std::byte* output, int64_t step) {
  switch (to.result) {
    case QgemmResult::Byte:
      return store_scaled_rows<QgemmResult::Byte>(sums, width, rows, columns, to, output, step);
    case QgemmResult::Float32:
      return store_scaled_rows<QgemmResult::Float32>(sums, width, rows, columns, to, output, step);
    case QgemmResult::Int32:
      for (int64_t r = 0; r < rows; ++r)
        std::memcpy(output + r * step * size_of(to.result), sums + r * width,
                    static_cast<size_t>(columns) * sizeof(int32_t));
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#endif  // CNN_QGEMM_OUTPUT_INL_H_
