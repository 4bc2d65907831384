// SPDX-License-Identifier: MIT
// Register-blocked tiles of the integer matrix product; include after hwy/highway.h in a file that uses
// hwy/foreach_target.h.
#if defined(CNN_QGEMM_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CNN_QGEMM_TILE_INL_H_
#undef CNN_QGEMM_TILE_INL_H_
#else
#define CNN_QGEMM_TILE_INL_H_
#endif

#include <array>
#include <cstdint>
#include <utility>

#include "engine/kernels/gemm_tile-inl.h"
#include "engine/kernels/qgemm_pairs-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {

/// One tile: `rows` rows of sums by one panel. Names as in QgemmBlock.
struct QgemmTile {
  const float* const* addresses;
  int64_t address_offset;
  const float* zeros;
  int64_t taps;
  int64_t pairs;
  const int16_t* panel;
  const int32_t* bias;  ///< whole panel width, never null
  int32_t* sums;        ///< [rows, panel width]
};

/// rows x (vectors * lanes) sums in registers over the whole depth. A step multiplies a pair of channels of each row,
/// repeated in every lane, with the pairs of weights of the columns.
template <size_t rows, size_t vectors>
HWY_NOINLINE void sum_tile(const QgemmTile& tile) {
  const hn::ScalableTag<int32_t> d;
  using D = hn::ScalableTag<int32_t>;
  const size_t lanes = hn::Lanes(d);
  PairSums<D> sum[rows][vectors];
  unrolled<vectors>([&](auto v) HWY_ATTR {
    const hn::Vec<D> bias = hn::LoadU(d, tile.bias + v * lanes);
    unrolled<rows>([&](auto r) HWY_ATTR { sum[r][v] = PairSums<D>(bias); });
  });
  const int64_t taps = tile.taps, pairs = tile.pairs;
  const int16_t* b = tile.panel;
  for (int64_t tap = 0; tap < taps; ++tap) {
    const int32_t* a[rows];
    bool padding = true;
    unrolled<rows>([&](auto r) HWY_ATTR {
      const float* address = tile.addresses[static_cast<int64_t>(r) * taps + tap];
      padding &= address == tile.zeros;
      a[r] = reinterpret_cast<const int32_t*>(address) + tile.address_offset;
    });
    if (padding) {
      b += pairs * static_cast<int64_t>(vectors * lanes) * 2;
      continue;
    }
    for (int64_t p = 0; p < pairs; ++p) {
      Pairs<D> column[vectors];
      unrolled<vectors>([&](auto v) HWY_ATTR { column[v] = load_pairs(d, b + v * lanes * 2); });
      b += vectors * lanes * 2;
      unrolled<rows>([&](auto r) HWY_ATTR {
        const Pairs<D> x = repeat_pair(d, a[r][p]);
        unrolled<vectors>([&](auto v) HWY_ATTR { sum[r][v].add_products(d, x, column[v]); });
      });
    }
  }
  unrolled<rows>([&](auto r) HWY_ATTR {
    unrolled<vectors>([&](auto v)
                          HWY_ATTR { hn::StoreU(sum[r][v].total(), d, tile.sums + (r * vectors + v) * lanes); });
  });
}

using QgemmTileFunction = void (*)(const QgemmTile&);

template <size_t vectors, size_t... row>
constexpr std::array<QgemmTileFunction, sizeof...(row)> qgemm_tile_functions(std::index_sequence<row...>) {
  return {&sum_tile<row + 1, vectors>...};
}

// A product needs a register of its own before it is added; NEON needs two accumulators.
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
constexpr size_t qgemm_tile_rows[4] = {14, 14, 9, 6};
#elif HWY_ARCH_ARM_A64
constexpr size_t qgemm_tile_rows[4] = {14, 7, 4, 3};
#else
constexpr size_t qgemm_tile_rows[4] = {10, 6, 4, 3};
#endif
constexpr size_t most_qgemm_rows = 14;

/// Tiles of 1 to max_qgemm_rows(vectors) rows by `vectors` vectors, 1 to 4.
HWY_INLINE int64_t max_qgemm_rows(int64_t vectors) { return static_cast<int64_t>(qgemm_tile_rows[vectors - 1]); }

HWY_INLINE QgemmTileFunction qgemm_tile_function(int64_t rows, int64_t vectors) {
  static constexpr auto by_1 = qgemm_tile_functions<1>(std::make_index_sequence<qgemm_tile_rows[0]>{});
  static constexpr auto by_2 = qgemm_tile_functions<2>(std::make_index_sequence<qgemm_tile_rows[1]>{});
  static constexpr auto by_3 = qgemm_tile_functions<3>(std::make_index_sequence<qgemm_tile_rows[2]>{});
  static constexpr auto by_4 = qgemm_tile_functions<4>(std::make_index_sequence<qgemm_tile_rows[3]>{});
  const size_t index = static_cast<size_t>(rows - 1);
  switch (vectors) {
    case 1:
      return by_1[index];
    case 2:
      return by_2[index];
    case 3:
      return by_3[index];
    default:
      return by_4[index];
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#endif  // CNN_QGEMM_TILE_INL_H_
