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
#include "engine/kernels/qgemm_packs-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Adding 1.5 * 2^23 rounds |x| < 2^22 to the nearest integer, ties to even, and leaves it in the low bits.
constexpr float rounding = 12582912.0f;
constexpr int32_t rounding_bits = 0x4B400000;

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
  if constexpr (result == QgemmResult::Byte)
    if (to.packs.used) c = store_packed_rows(sums, width, rows, columns, to, output, step);
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
