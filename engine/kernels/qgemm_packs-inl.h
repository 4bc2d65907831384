// SPDX-License-Identifier: MIT
// Bytes from sums of quantised products by saturating instructions, on AVX2; include after hwy/highway.h in a file that
// uses hwy/foreach_target.h.
#if defined(CNN_QGEMM_PACKS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CNN_QGEMM_PACKS_INL_H_
#undef CNN_QGEMM_PACKS_INL_H_
#else
#define CNN_QGEMM_PACKS_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "engine/kernels/qgemm_output.h"
#include "engine/kernels/unrolled-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_AVX2

/// Makes bytes of QgemmOutput::packs from sums, two rows at a time: AVX2 packs within halves of a vector, and one
/// permutation puts both rows in order.
struct BytePacks {
  using Lanes = hn::Vec<hn::Full256<int32_t>>;
  using Bytes = hn::Vec<hn::Full256<uint8_t>>;
  using Half = hn::Full128<uint8_t>;
  const QgemmPacks packs;
  const hn::Vec<hn::Full256<int16_t>> zero;
  const decltype(hn::SetTableIndices(hn::Full256<int32_t>(), static_cast<const int32_t*>(nullptr))) order;

  HWY_INLINE explicit BytePacks(const QgemmPacks& of)
      : packs(of),
        zero(hn::Set(hn::Full256<int16_t>(), of.zero)),
        order(hn::SetTableIndices(hn::Full256<int32_t>(), blocks)) {}

  /// The nearest integers, ties to even; Highway's NearestInt() would spend instructions on what is no int32.
  static HWY_INLINE Lanes rounded(Lanes sum, const float* scale) {
    const hn::Full256<float> df;
    return Lanes{_mm256_cvtps_epi32(hn::Mul(hn::ConvertTo(df, sum), hn::LoadU(df, scale)).raw)};
  }

  /// 16 columns of two rows.
  HWY_INLINE void store(Lanes a0, Lanes a1, Lanes b0, Lanes b1, uint8_t* a, uint8_t* b) const {
    const Bytes both = bytes_of(narrowed(a0, a1), narrowed(b0, b1));
    hn::StoreU(hn::LowerHalf(Half(), both), Half(), a);
    hn::StoreU(hn::UpperHalf(Half(), both), Half(), b);
  }

  /// 8 columns of two rows.
  HWY_INLINE void store(Lanes a0, Lanes b0, uint8_t* a, uint8_t* b) const {
    const auto both = narrowed(a0, b0);
    const hn::Full64<uint8_t> d;
    const auto bytes = hn::LowerHalf(Half(), bytes_of(both, both));
    hn::StoreU(hn::LowerHalf(d, bytes), d, a);
    hn::StoreU(hn::UpperHalf(d, bytes), d, b);
  }

 private:
  alignas(32) static constexpr int32_t blocks[8] = {0, 4, 1, 5, 2, 6, 3, 7};

  HWY_INLINE hn::Vec<hn::Full256<int16_t>> narrowed(Lanes a, Lanes b) const {
    return hn::SaturatedAdd(hn::ReorderDemote2To(hn::Full256<int16_t>(), a, b), zero);
  }
  HWY_INLINE Bytes bytes_of(hn::Vec<hn::Full256<int16_t>> a, hn::Vec<hn::Full256<int16_t>> b) const {
    const hn::Full256<uint8_t> d8;
    const hn::Full256<int32_t> d;
    Bytes bytes{_mm256_packus_epi16(a.raw, b.raw)};
    if (!packs.all_bytes)
      bytes =
          hn::Xor(hn::Min(hn::Max(bytes, hn::Set(d8, packs.least)), hn::Set(d8, packs.most)), hn::Set(d8, packs.flip));
    return hn::BitCast(d8, hn::TableLookupLanes(hn::BitCast(d, bytes), order));
  }
};

/// All columns of a tile whose sums lie in registers; scales of these columns.
template <size_t rows, size_t vectors>
HWY_INLINE void store_packed_tile(const BytePacks::Lanes (&sum)[rows][vectors], const QgemmOutput& to, uint8_t* output,
                                  int64_t step) {
  const BytePacks packs(to.packs);
  const float* const scale = to.scale;
  unrolled<(rows + 1) / 2>([&](auto pair) HWY_ATTR {
    constexpr size_t first = pair * 2, second = first + 1 < rows ? first + 1 : first;
    uint8_t *const a = output + static_cast<int64_t>(first) * step, *const b =
                                                                        output + static_cast<int64_t>(second) * step;
    unrolled<vectors / 2>([&](auto two) HWY_ATTR {
      constexpr size_t v = two * 2;
      packs.store(packs.rounded(sum[first][v], scale + v * 8), packs.rounded(sum[first][v + 1], scale + v * 8 + 8),
                  packs.rounded(sum[second][v], scale + v * 8), packs.rounded(sum[second][v + 1], scale + v * 8 + 8),
                  a + v * 8, b + v * 8);
    });
    if constexpr (vectors % 2) {
      constexpr size_t v = vectors - 1;
      packs.store(packs.rounded(sum[first][v], scale + v * 8), packs.rounded(sum[second][v], scale + v * 8), a + v * 8,
                  b + v * 8);
    }
  });
}

/// Sums [rows, width] from column 0 as far as whole vectors go; returns where they end.
HWY_INLINE int64_t store_packed_rows(const int32_t* sums, int64_t width, int64_t rows, int64_t columns,
                                     const QgemmOutput& to, std::byte* output, int64_t step) {
  const hn::Full256<int32_t> d;
  const BytePacks packs(to.packs);
  const float* const scales = to.scale;
  const auto rounded = [&](const int32_t* from, int64_t at)
                           HWY_ATTR { return packs.rounded(hn::LoadU(d, from + at), scales + at); };
  int64_t c = 0;
  for (; columns - c >= 16; c += 16)
    for (int64_t r = 0; r < rows; r += 2) {
      const int64_t next = r + 1 < rows ? 1 : 0;
      const int32_t *a = sums + r * width, *b = a + next * width;
      uint8_t* to_a = reinterpret_cast<uint8_t*>(output) + r * step + c;
      packs.store(rounded(a, c), rounded(a, c + 8), rounded(b, c), rounded(b, c + 8), to_a, to_a + next * step);
    }
  if (columns - c < 8) return c;
  for (int64_t r = 0; r < rows; r += 2) {
    const int64_t next = r + 1 < rows ? 1 : 0;
    const int32_t *a = sums + r * width, *b = a + next * width;
    uint8_t* to_a = reinterpret_cast<uint8_t*>(output) + r * step + c;
    packs.store(rounded(a, c), rounded(b, c), to_a, to_a + next * step);
  }
  return c + 8;
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#endif  // CNN_QGEMM_PACKS_INL_H_
