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
  const float* first_row;
  int64_t row_step;
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
class TileSums {
 public:
  HWY_INLINE explicit TileSums(const QgemmTile& tile) : b_(tile.panel), ahead_(tile.ahead), lines_(tile.lines) {
    unrolled<vectors>([&](auto v) HWY_ATTR {
      const V bias = hn::LoadU(D(), tile.bias + v * hn::Lanes(D()));
      unrolled<rows>([&](auto r) HWY_ATTR { sum_[r][v] = Sums(bias); });
    });
  }

  HWY_INLINE void skip(int64_t run) { b_ += run * static_cast<int64_t>(vectors * vector_bytes()); }

  /// `row(r)`: the bytes of row r's run.
  template <class Row>
  HWY_INLINE void add_run(int64_t run, const Row& row) {
    int64_t p = 0;
    if (lines_)
      for (; p + 8 <= run; p += 8) {
        for (int64_t line = 0; line < lines_; ++line) fetch_ahead(reinterpret_cast<const float*>(ahead_ + line * 64));
        ahead_ += lines_ * 64;
#pragma GCC unroll 2
        for (int64_t i = p; i < p + 8; ++i) add_step(i, row);
      }
#pragma GCC unroll 2
    for (; p < run; ++p) add_step(p, row);
  }

  HWY_INLINE void store(const QgemmTile& tile) const {
    V total[rows][vectors];
    unrolled<rows>([&](auto r)
                       HWY_ATTR { unrolled<vectors>([&](auto v) HWY_ATTR { total[r][v] = sum_[r][v].total(); }); });
#if HWY_TARGET == HWY_AVX2
    if (tile.bytes) return store_packed_tile(total, *tile.bytes, tile.output, tile.output_step);
#endif
    unrolled<rows>([&](auto r) HWY_ATTR {
      unrolled<vectors>([&](auto v)
                            HWY_ATTR { hn::StoreU(total[r][v], D(), tile.sums + (r * vectors + v) * hn::Lanes(D())); });
    });
  }

 private:
  using D = hn::ScalableTag<int32_t>;
  using V = hn::Vec<D>;
  using Sums = typename Products::template Sums<D>;
  static constexpr size_t lane_bytes = sizeof(int32_t);
  static HWY_INLINE size_t vector_bytes() { return hn::Lanes(D()) * lane_bytes; }

  template <class Row>
  HWY_INLINE void add_step(int64_t p, const Row& row) {
    V column[vectors];
    unrolled<vectors>([&](auto v) HWY_ATTR { column[v] = load_lanes(D(), b_ + v * vector_bytes()); });
    b_ += vectors * vector_bytes();
    unrolled<rows>([&](auto r) HWY_ATTR {
      int32_t channels;  // of any alignment
      std::memcpy(&channels, row(r) + p * static_cast<int64_t>(lane_bytes), lane_bytes);
      const V x = hn::Set(D(), channels);
      unrolled<vectors>([&](auto v) HWY_ATTR { Products::add(D(), x, column[v], sum_[r][v]); });
    });
  }

  Sums sum_[rows][vectors];
  const std::byte* b_;
  const std::byte* ahead_;
  int64_t lines_;
};

/// Rows whose runs are listed. Flattened: sums that a call would reach through a closure lie in memory.
template <class Products, size_t rows, size_t vectors>
HWY_NOINLINE HWY_FLATTEN void sum_tile(const QgemmTile& tile) {
  TileSums<Products, rows, vectors> sums(tile);
  const int64_t taps = tile.taps, run = tile.run;
  for (int64_t tap = 0; tap < taps; ++tap) {
    const std::byte* a[rows];
    bool padding = true;
    unrolled<rows>([&](auto r) HWY_ATTR {
      const float* address = tile.addresses[static_cast<int64_t>(r) * taps + tap];
      padding &= address == tile.zeros;
      a[r] = reinterpret_cast<const std::byte*>(address + tile.address_offset);
    });
    if (padding)
      sums.skip(run);
    else
      sums.add_run(run, [&](auto r) { return a[r]; });
  }
  sums.store(tile);
}

/// Rows of one run each, at equal distances: few channels leave no time for a list.
template <class Products, size_t rows, size_t vectors>
HWY_NOINLINE HWY_FLATTEN void sum_even_tile(const QgemmTile& tile) {
  TileSums<Products, rows, vectors> sums(tile);
  const auto* const first = reinterpret_cast<const std::byte*>(tile.first_row);
  const int64_t step = tile.row_step * int64_t{sizeof(float)};
  sums.add_run(tile.run, [&](auto r) { return first + static_cast<int64_t>(r) * step; });
  sums.store(tile);
}

// A product of pairs needs a register of its own before it is added, and NEON two accumulators.
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
constexpr size_t qgemm_tile_rows[4] = {14, 14, 9, 6};
#elif HWY_ARCH_ARM_A64
constexpr size_t qgemm_tile_rows[4] = {14, 7, 4, 3};
#else
constexpr size_t qgemm_tile_rows[4] = {10, 6, 3, 2};
#endif
constexpr size_t most_qgemm_rows = 14;

template <class Products, bool even>
struct QgemmTiles {
  using Function = void (*)(const QgemmTile&);
  static constexpr const size_t (&most_rows)[4] = qgemm_tile_rows;
  template <size_t rows, size_t vectors>
  static constexpr Function function() {
    return even ? &sum_even_tile<Products, rows, vectors> : &sum_tile<Products, rows, vectors>;
  }
};

/// The largest tile for panels of `vectors` vectors, 1 to 4.
HWY_INLINE int64_t max_qgemm_rows(int64_t vectors) { return static_cast<int64_t>(qgemm_tile_rows[vectors - 1]); }

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#endif  // CNN_QGEMM_TILE_INL_H_
