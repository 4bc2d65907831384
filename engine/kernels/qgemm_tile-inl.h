// SPDX-License-Identifier: MIT
// Register-blocked tiles of the integer matrix product; include after hwy/highway.h in a file that uses
// hwy/foreach_target.h.
#if defined(CNN_QGEMM_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CNN_QGEMM_TILE_INL_H_
#undef CNN_QGEMM_TILE_INL_H_
#else
#define CNN_QGEMM_TILE_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "engine/kernels/gemm_tile-inl.h"
#include "engine/kernels/qgemm_output.h"
#include "engine/kernels/qgemm_packs-inl.h"
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
  int64_t run;
  const std::byte* panel;
  const int32_t* bias;  ///< whole panel width, never null
  int32_t* sums;        ///< [rows, panel width]
  /// Bytes instead of sums where QgemmOutput::packs does (AVX2); arrays and bytes from the panel's first column on.
  const QgemmOutput* bytes;
  uint8_t* output;
  int64_t output_step;
  const std::byte* ahead;  ///< what to fetch meanwhile, `lines` cache lines per 8 lanes of a run
  int64_t lines;
};

/// rows x (vectors * lanes) sums in registers over the whole depth. A step multiplies some channels of each row,
/// repeated in every lane, with the weights of the columns for these channels.
template <class Products, size_t rows, size_t vectors>
HWY_NOINLINE void sum_tile(const QgemmTile& tile) {
  const hn::ScalableTag<int32_t> d;
  using D = hn::ScalableTag<int32_t>;
  using Sums = typename Products::template Sums<D>;
  constexpr size_t lane_bytes = sizeof(int32_t);
  const size_t lanes = hn::Lanes(d);
  Sums sum[rows][vectors];
  unrolled<vectors>([&](auto v) HWY_ATTR {
    const hn::Vec<D> bias = hn::LoadU(d, tile.bias + v * lanes);
    unrolled<rows>([&](auto r) HWY_ATTR { sum[r][v] = Sums(bias); });
  });
  const int64_t taps = tile.taps, run = tile.run;
  const std::byte* b = tile.panel;
  const std::byte* ahead = tile.ahead;
  for (int64_t tap = 0; tap < taps; ++tap) {
    const std::byte* a[rows];
    bool padding = true;
    unrolled<rows>([&](auto r) HWY_ATTR {
      const float* address = tile.addresses[static_cast<int64_t>(r) * taps + tap];
      padding &= address == tile.zeros;
      a[r] = reinterpret_cast<const std::byte*>(address) + tile.address_offset * static_cast<int64_t>(lane_bytes);
    });
    if (padding) {
      b += run * static_cast<int64_t>(vectors * lanes * lane_bytes);
      continue;
    }
    // Sums that a call would reach through the closure lie in memory: compilers must not leave one.
    const auto multiply_step = [&](int64_t p) HWY_ATTR __attribute__((always_inline)) {
      hn::Vec<D> column[vectors];
      unrolled<vectors>([&](auto v) HWY_ATTR { column[v] = load_lanes(d, b + v * lanes * lane_bytes); });
      b += vectors * lanes * lane_bytes;
      unrolled<rows>([&](auto r) HWY_ATTR {
        int32_t channels;  // of any alignment
        std::memcpy(&channels, a[r] + p * static_cast<int64_t>(lane_bytes), lane_bytes);
        const hn::Vec<D> x = hn::Set(d, channels);
        unrolled<vectors>([&](auto v) HWY_ATTR { Products::add(d, x, column[v], sum[r][v]); });
      });
    };
    int64_t p = 0;
    if (tile.lines)
      for (; p + 8 <= run; p += 8) {
        for (int64_t line = 0; line < tile.lines; ++line)
          fetch_ahead(reinterpret_cast<const float*>(ahead + line * 64));
        ahead += tile.lines * 64;
#pragma GCC unroll 2
        for (int64_t i = p; i < p + 8; ++i) multiply_step(i);
      }
#pragma GCC unroll 2
    for (; p < run; ++p) multiply_step(p);
  }
#if HWY_TARGET == HWY_AVX2
  if (tile.bytes) {
    BytePacks::Lanes total[rows][vectors];
    unrolled<rows>([&](auto r)
                       HWY_ATTR { unrolled<vectors>([&](auto v) HWY_ATTR { total[r][v] = sum[r][v].total(); }); });
    store_packed_tile(total, *tile.bytes, tile.output, tile.output_step);
    return;
  }
#endif
  unrolled<rows>([&](auto r) HWY_ATTR {
    unrolled<vectors>([&](auto v)
                          HWY_ATTR { hn::StoreU(sum[r][v].total(), d, tile.sums + (r * vectors + v) * lanes); });
  });
}

// A product of pairs needs a register of its own before it is added, and NEON two accumulators.
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
constexpr size_t qgemm_tile_rows[4] = {14, 14, 9, 6};
#elif HWY_ARCH_ARM_A64
constexpr size_t qgemm_tile_rows[4] = {14, 7, 4, 3};
#else
constexpr size_t qgemm_tile_rows[4] = {10, 6, 4, 3};
#endif
constexpr size_t most_qgemm_rows = 14;

template <class Products>
struct QgemmTiles {
  using Function = void (*)(const QgemmTile&);
  static constexpr const size_t (&most_rows)[4] = qgemm_tile_rows;
  template <size_t rows, size_t vectors>
  static constexpr Function function() {
    return &sum_tile<Products, rows, vectors>;
  }
};

/// The largest tile for panels of `vectors` vectors, 1 to 4.
HWY_INLINE int64_t max_qgemm_rows(int64_t vectors) { return static_cast<int64_t>(qgemm_tile_rows[vectors - 1]); }

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#endif  // CNN_QGEMM_TILE_INL_H_
