// SPDX-License-Identifier: MIT
// Register-blocked tiles of the matrix product; include after hwy/highway.h in a file that uses hwy/foreach_target.h.
#if defined(CNN_GEMM_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CNN_GEMM_TILE_INL_H_
#undef CNN_GEMM_TILE_INL_H_
#else
#define CNN_GEMM_TILE_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "engine/kernels/tile_table-inl.h"
#include "engine/kernels/unrolled-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// One tile: `rows` output rows by one panel. Names as in GemmBlock.
struct Tile {
  const float* const* addresses;
  int64_t address_offset;
  const float* zeros;
  int64_t taps;
  int64_t channels;
  const float* panel;
  const float* bias;      ///< whole panel width, never null
  const float* residual;  ///< whole panel width, or null
  int64_t residual_step;
  float* output;
  int64_t output_step;
  const float* ahead;  ///< what to fetch into the second-level cache meanwhile, `lines` cache lines per 8 channels
  int64_t lines;
  bool clamps;  ///< the result to [low, high]
  float low, high;
};

/// Asks for the cache line at `address`, which need not be readable, in the second-level cache.
HWY_INLINE void fetch_ahead(const float* address) { __builtin_prefetch(address, 0, 2); }

/// What a step adds to a sum: the product of floats. Products of other numbers have the size of a float, too.
struct FloatProducts {
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V add(D, V x, V column, V sum) {
    return hn::MulAdd(x, column, sum);
  }
};

/// rows x (vectors * lanes) results in registers over the whole depth.
template <class Products, size_t rows, size_t vectors>
HWY_NOINLINE void multiply_tile(const Tile& tile) {
  const hn::ScalableTag<float> d;
  using V = hn::Vec<decltype(d)>;
  const size_t lanes = hn::Lanes(d);
  V sum[rows][vectors];
  unrolled<vectors>([&](auto v) HWY_ATTR {
    const V bias = hn::LoadU(d, tile.bias + v * lanes);
    unrolled<rows>([&](auto r) HWY_ATTR { sum[r][v] = bias; });
  });
  const int64_t taps = tile.taps, channels = tile.channels;
  const float* b = tile.panel;
  const float* ahead = tile.ahead;
  for (int64_t tap = 0; tap < taps; ++tap) {
    const float* a[rows];
    bool padding = true;
    unrolled<rows>([&](auto r) HWY_ATTR {
      const float* address = tile.addresses[static_cast<int64_t>(r) * taps + tap];
      padding &= address == tile.zeros;
      a[r] = address + tile.address_offset;
    });
    if (padding) {
      b += channels * static_cast<int64_t>(vectors * lanes);
      continue;
    }
    // Sums that a call would reach through the closure lie in memory: compilers must not leave one.
    const auto multiply_channel = [&](int64_t c) HWY_ATTR __attribute__((always_inline)) {
      V column[vectors];
      unrolled<vectors>([&](auto v) HWY_ATTR { column[v] = hn::LoadU(d, b + v * lanes); });
      b += vectors * lanes;
      unrolled<rows>([&](auto r) HWY_ATTR {
        const V x = hn::Set(d, a[r][c]);
        unrolled<vectors>([&](auto v) HWY_ATTR { sum[r][v] = Products::add(d, x, column[v], sum[r][v]); });
      });
    };
    int64_t c = 0;
    if (tile.lines)
      for (; c + 8 <= channels; c += 8) {
        for (int64_t line = 0; line < tile.lines; ++line) fetch_ahead(ahead + line * 16);
        ahead += tile.lines * 16;
#pragma GCC unroll 2
        for (int64_t i = c; i < c + 8; ++i) multiply_channel(i);
      }
#pragma GCC unroll 2
    for (; c < channels; ++c) multiply_channel(c);
  }
  if (tile.residual) {
    unrolled<rows>([&](auto r) HWY_ATTR {
      const float* residual = tile.residual + static_cast<int64_t>(r) * tile.residual_step;
      unrolled<vectors>([&](auto v) HWY_ATTR { sum[r][v] = hn::Add(sum[r][v], hn::LoadU(d, residual + v * lanes)); });
    });
  }
  if (tile.clamps) {
    const V low = hn::Set(d, tile.low), high = hn::Set(d, tile.high);
    unrolled<rows>([&](auto r) HWY_ATTR {
      unrolled<vectors>([&](auto v) HWY_ATTR { sum[r][v] = hn::Min(high, hn::Max(low, sum[r][v])); });
    });
  }
  float* output = tile.output;
  const int64_t output_step = tile.output_step;
  unrolled<rows>([&](auto r) HWY_ATTR {
    unrolled<vectors>(
        [&](auto v) HWY_ATTR { hn::StoreU(sum[r][v], d, output + static_cast<int64_t>(r) * output_step + v * lanes); });
  });
}

using TileFunction = void (*)(const Tile&);

#if (HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3) || HWY_ARCH_ARM_A64
constexpr int vector_registers = 32;
constexpr size_t tile_rows[4] = {14, 14, 9, 6};
#else
constexpr int vector_registers = 16;
constexpr size_t tile_rows[4] = {10, 6, 4, 3};
#endif

/// The largest tile for panels of `vectors` vectors, 1 to 4.
HWY_INLINE int64_t max_tile_rows(int64_t vectors) { return static_cast<int64_t>(tile_rows[vectors - 1]); }

template <class Products>
struct GemmTiles {
  using Function = TileFunction;
  static constexpr const size_t (&most_rows)[4] = tile_rows;
  template <size_t rows, size_t vectors>
  static constexpr Function function() {
    return &multiply_tile<Products, rows, vectors>;
  }
};

template <class Products>
HWY_INLINE TileFunction tile_function(int64_t rows, int64_t vectors) {
  return tile_of<GemmTiles<Products>>(rows, vectors);
}

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#endif  // CNN_GEMM_TILE_INL_H_
