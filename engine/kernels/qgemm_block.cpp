// SPDX-License-Identifier: MIT
#include "engine/kernels/qgemm_block.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/qgemm_block.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/qgemm_output-inl.h"
#include "engine/kernels/qgemm_tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {

constexpr int64_t max_width = 4 * HWY_MAX_BYTES / sizeof(int32_t);

/// Rows [begin, end) by one panel.
struct PanelWork {
  const QgemmBlock& block;
  QgemmTile tile;
  int64_t vectors, width, column;

  void run(int64_t begin, int64_t end) {
    const int64_t used = std::min(width, block.panels->columns - column), most = max_qgemm_rows(vectors);
    const QgemmOutput to = block.to.from(column);
    const int64_t row_bytes = block.output_step * size_of(to.result);
    std::byte* output = block.output + begin * row_bytes + column * size_of(to.result);
    const int64_t pieces = (end - begin + most - 1) / most;
    const int64_t usual = (end - begin) / pieces, longer = (end - begin) % pieces;
    for (int64_t piece = 0, row = begin; piece < pieces; ++piece) {
      const int64_t rows = usual + (piece < longer ? 1 : 0);
      tile.addresses = block.addresses + row * block.taps;
      qgemm_tile_function(rows, vectors)(tile);
      store_rows(tile.sums, width, rows, used, to, output, block.output_step);
      row += rows;
      output += rows * row_bytes;
    }
  }
};

void multiply_pairs(const QgemmBlock& block) {
  const GemmPanels& panels = *block.panels;
  HWY_ALIGN int32_t sums[most_qgemm_rows * max_width];
  HWY_ALIGN int32_t last_bias[max_width];
  HWY_ALIGN static constexpr int32_t no_bias[max_width] = {};
  if (block.rows == 0 || block.first_panel >= block.last_panel) return;

  PanelWork work{block, {}, 0, 0, 0};
  work.tile.address_offset = block.address_offset;
  work.tile.zeros = block.zeros;
  work.tile.taps = block.taps;
  work.tile.pairs = block.pairs;
  work.tile.sums = sums;

  // A panel that takes half of the first-level cache at most sees many rows while it is there; else as many rows as a
  // tile has see every panel in turn.
  constexpr int64_t panel_bytes = 16 << 10, many = 8;
  const int64_t least = panels.vectors / panels.count, wider = panels.vectors % panels.count;
  const int64_t widest = least + (wider > 0 ? 1 : 0);
  const bool stays = widest * panels.lanes * panels.depth * 2 * int64_t{sizeof(int16_t)} <= panel_bytes;
  const int64_t at_once = stays ? max_qgemm_rows(least) * many : block.rows;
  const int64_t strips = (block.rows + at_once - 1) / at_once;
  for (int64_t strip = 0; strip < strips; ++strip) {
    const int64_t begin = block.rows * strip / strips, end = block.rows * (strip + 1) / strips;
    for (int64_t p = block.first_panel; p < block.last_panel; ++p) {
      work.vectors = least + (p < wider ? 1 : 0);
      work.width = work.vectors * panels.lanes;
      work.column = (p * least + std::min(p, wider)) * panels.lanes;
      work.tile.panel = block.packed + work.column * panels.depth * 2;
      work.tile.bias = block.bias ? block.bias + work.column : no_bias;
      if (const int64_t used = panels.columns - work.column; block.bias && used < work.width) {
        std::fill(std::copy_n(block.bias + work.column, used, last_bias), last_bias + work.width, 0);
        work.tile.bias = last_bias;
      }
      work.run(begin, end);
    }
  }
}

/// One run of channels; `pairs` has room for an even number.
template <class T>
HWY_INLINE void widen_run(const T* bytes, int64_t channels, int32_t zero, int16_t* pairs) {
  const hn::ScalableTag<int16_t> d16;
  const hn::Rebind<T, decltype(d16)> d8;
  const auto subtrahend = hn::Set(d16, static_cast<int16_t>(zero));
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d16));
  const auto widen_vector = [&](int64_t c) HWY_ATTR {
    hn::StoreU(hn::Sub(hn::PromoteTo(d16, hn::LoadU(d8, bytes + c)), subtrahend), d16, pairs + c);
  };
  int64_t c = 0;
  for (; c + lanes <= channels; c += lanes) widen_vector(c);
  if (c < channels && channels >= lanes) {
    widen_vector(channels - lanes);
  } else {
    for (; c < channels; ++c) pairs[c] = static_cast<int16_t>(bytes[c] - zero);
  }
  if (channels % 2) pairs[channels] = 0;
}

/// Dense pixels of three channels, as many as whole vectors cover; returns their number.
template <class T>
HWY_INLINE int64_t widen_colours(const T* bytes, int64_t pixels, int32_t zero, int16_t* pairs) {
#if HWY_TARGET == HWY_SCALAR
  (void)bytes, (void)pixels, (void)zero, (void)pairs;
  return 0;
#else
  const hn::CappedTag<int16_t, 16> d16;
  const hn::Rebind<T, decltype(d16)> d8;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d16)), at_once = lanes / 4;
  alignas(16) static constexpr uint8_t positions[16] = {0, 1, 2, 0x80, 3, 4,  5,  0x80,  // 0x80 makes 0
                                                        6, 7, 8, 0x80, 9, 10, 11, 0x80};
  alignas(32) int16_t zeros[16];
  for (int i = 0; i < 16; ++i) zeros[i] = static_cast<int16_t>(i % 4 == 3 ? 0 : zero);
  const auto spread = hn::LoadU(hn::RebindToUnsigned<decltype(d8)>(), positions);
  const auto subtrahend = hn::LoadU(d16, zeros);
  int64_t p = 0;
  for (; (p * 3) + lanes <= pixels * 3; p += at_once) {
    const auto colours = hn::TableLookupBytesOr0(hn::LoadU(d8, bytes + p * 3), hn::BitCast(d8, spread));
    hn::StoreU(hn::Sub(hn::PromoteTo(d16, colours), subtrahend), d16, pairs + p * 4);
  }
  return p;
#endif
}

template <class T>
HWY_NOINLINE void widen_pixels(const QgemmWidening& work) {
  const T* bytes = static_cast<const T*>(work.bytes);
  const int64_t channels = work.channels, padded = channels + channels % 2;
  const bool dense = work.step == work.groups * channels;
  if (dense && channels % 2 == 0) {
    widen_run(bytes, work.pixels * work.step, work.zero, work.pairs);
    return;
  }
  const bool colours = dense && work.groups == 1 && channels == 3;
  int64_t p = colours ? widen_colours(bytes, work.pixels, work.zero, work.pairs) : 0;
  int16_t* pairs = work.pairs + p * work.groups * padded;
  for (; p < work.pixels; ++p)
    for (int64_t group = 0; group < work.groups; ++group, pairs += padded)
      widen_run(bytes + p * work.step + group * channels, channels, work.zero, pairs);
}

void widen(const QgemmWidening& work) { work.is_signed ? widen_pixels<int8_t>(work) : widen_pixels<uint8_t>(work); }

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cnn {

HWY_EXPORT(multiply_pairs);
HWY_EXPORT(widen);

void multiply_qgemm_block(const QgemmBlock& block) { HWY_DYNAMIC_DISPATCH(multiply_pairs)(block); }
void widen_pairs(const QgemmWidening& work) { HWY_DYNAMIC_DISPATCH(widen)(work); }

}  // namespace cnn
#endif  // HWY_ONCE
