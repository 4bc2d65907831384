// SPDX-License-Identifier: MIT
#include "engine/kernels/strided_copy.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdlib>
#include <cstring>

namespace cnn {
namespace {

/// Bytes that are worth a task of their own.
constexpr int64_t grain_bytes = 1 << 15;

struct Axis {
  int64_t extent;
  int64_t src;
  int64_t dst;
};

struct Nest {
  std::array<Axis, strided_copy_max_rank> axes;
  int rank = 0;

  int64_t count() const {
    int64_t n = 1;
    for (int a = 0; a < rank; ++a) n *= axes[a].extent;
    return n;
  }
  Axis take(int a) {
    const Axis taken = axes[a];
    std::copy(axes.begin() + a + 1, axes.begin() + rank, axes.begin() + a);
    --rank;
    return taken;
  }
};

/// Axes in the order of the destination, without extents of 1, merged where both sides are contiguous.
Nest simplify(std::span<const int64_t> extents, std::span<const int64_t> src, std::span<const int64_t> dst) {
  Nest nest;
  for (size_t a = 0; a < extents.size(); ++a)
    if (extents[a] != 1) nest.axes[nest.rank++] = {extents[a], src[a], dst[a]};
  std::sort(nest.axes.begin(), nest.axes.begin() + nest.rank,
            [](const Axis& a, const Axis& b) { return std::abs(a.dst) > std::abs(b.dst); });
  Nest merged;
  for (int a = 0; a < nest.rank; ++a) {
    const Axis& inner = nest.axes[a];
    if (merged.rank > 0) {
      Axis& outer = merged.axes[merged.rank - 1];
      if (outer.src == inner.src * inner.extent && outer.dst == inner.dst * inner.extent) {
        outer = {outer.extent * inner.extent, inner.src, inner.dst};
        continue;
      }
    }
    merged.axes[merged.rank++] = inner;
  }
  return merged;
}

/// Walks the indices of a nest in order and keeps both offsets.
class Odometer {
 public:
  Odometer(const Nest& nest, int64_t index) : nest_(nest) {
    for (int a = nest.rank - 1; a >= 0; --a) {
      at_[a] = index % nest.axes[a].extent;
      index /= nest.axes[a].extent;
      src += at_[a] * nest.axes[a].src;
      dst += at_[a] * nest.axes[a].dst;
    }
  }
  void advance() {
    for (int a = nest_.rank - 1; a >= 0; --a) {
      const Axis& axis = nest_.axes[a];
      src += axis.src;
      dst += axis.dst;
      if (++at_[a] < axis.extent) return;
      src -= axis.extent * axis.src;
      dst -= axis.extent * axis.dst;
      at_[a] = 0;
    }
  }
  int64_t src = 0;
  int64_t dst = 0;

 private:
  const Nest& nest_;
  std::array<int64_t, strided_copy_max_rank> at_;
};

template <class T>
void copy_row(int64_t n, const T* src, int64_t src_step, T* dst, int64_t dst_step) {
  if (dst_step == 1 && src_step == 1) {
    // A call to memcpy costs more than a few pixels' channels do.
    if (n * sizeof(T) >= 32)
      std::memcpy(dst, src, static_cast<size_t>(n) * sizeof(T));
    else
      for (int64_t i = 0; i < n; ++i) dst[i] = src[i];
  } else if (dst_step == 1 && src_step == 0) {
    std::fill_n(dst, n, *src);
  } else {
    for (int64_t i = 0; i < n; ++i) dst[i * dst_step] = src[i * src_step];
  }
}

/// dst[j * dst_step + i] = src[i * src_step + j] for i, j < 4.
inline void transpose_4x4(const uint32_t* src, int64_t src_step, uint32_t* dst, int64_t dst_step) {
  using Index = uint32_t __attribute__((vector_size(16)));
  Index rows[4];
  for (int i = 0; i < 4; ++i) std::memcpy(&rows[i], src + i * src_step, sizeof(Index));
  const Index low01 = __builtin_shufflevector(rows[0], rows[1], 0, 4, 1, 5);
  const Index high01 = __builtin_shufflevector(rows[0], rows[1], 2, 6, 3, 7);
  const Index low23 = __builtin_shufflevector(rows[2], rows[3], 0, 4, 1, 5);
  const Index high23 = __builtin_shufflevector(rows[2], rows[3], 2, 6, 3, 7);
  const Index columns[4] = {__builtin_shufflevector(low01, low23, 0, 1, 4, 5),
                            __builtin_shufflevector(low01, low23, 2, 3, 6, 7),
                            __builtin_shufflevector(high01, high23, 0, 1, 4, 5),
                            __builtin_shufflevector(high01, high23, 2, 3, 6, 7)};
  for (int j = 0; j < 4; ++j) std::memcpy(dst + j * dst_step, &columns[j], sizeof(Index));
}

/// dst = first[0], second[0], first[1], second[1] ... as channel shuffles of two groups want it.
template <class T>
void interleave(int64_t n, const T* __restrict first, const T* __restrict second, T* __restrict dst) {
  for (int64_t k = 0; k < n; ++k) {
    dst[2 * k] = first[k];
    dst[2 * k + 1] = second[k];
  }
}

/// One tile: `i` runs innermost in the destination, `j` innermost in the source.
template <class T>
void copy_tile(const Axis& i, const Axis& j, const T* src, T* dst) {
  if (i.extent == 2 && i.dst == 1 && j.dst == 2 && j.src == 1) return interleave(j.extent, src, src + i.src, dst);
  int64_t from_i = 0;
  if constexpr (sizeof(T) == 4) {
    if (i.dst == 1 && j.src == 1) {
      const int64_t whole_j = j.extent / 4 * 4;
      for (; from_i + 4 <= i.extent; from_i += 4) {
        const T* rows = src + from_i * i.src;
        for (int64_t b = 0; b < whole_j; b += 4) transpose_4x4(rows + b, i.src, dst + from_i + b * j.dst, j.dst);
        for (int64_t b = whole_j; b < j.extent; ++b)
          for (int64_t a = 0; a < 4; ++a) dst[from_i + a + b * j.dst] = rows[a * i.src + b];
      }
    }
  }
  for (int64_t a = from_i; a < i.extent; ++a)
    for (int64_t b = 0; b < j.extent; ++b) dst[a * i.dst + b * j.dst] = src[a * i.src + b * j.src];
}

template <class T>
void copy_rows(const Nest& outer, const Axis& row, const T* src, T* dst, Workers& workers) {
  const int64_t row_bytes = row.extent * static_cast<int64_t>(sizeof(T));
  const int64_t grain = std::max<int64_t>(1, grain_bytes / row_bytes);
  workers.parallel_for(outer.count(), grain, [&](int64_t begin, int64_t end) {
    Odometer at(outer, begin);
    for (int64_t index = begin; index < end; ++index, at.advance())
      copy_row(row.extent, src + at.src, row.src, dst + at.dst, row.dst);
  });
}

template <class T>
void copy_tiles(Nest outer, const Axis& i, const Axis& j, const T* src, T* dst, Workers& workers) {
  constexpr int64_t side = 32;
  const int64_t tile_j = std::min(j.extent, std::max(side, side * side / std::min(i.extent, side)));
  const int64_t tile_i = std::min(i.extent, std::max(side, side * side / tile_j));
  const int64_t tiles_i = (i.extent + tile_i - 1) / tile_i;
  const int64_t tiles_j = (j.extent + tile_j - 1) / tile_j;
  const int64_t tile_bytes = tile_i * tile_j * static_cast<int64_t>(sizeof(T));
  const int64_t per_outer = tiles_i * tiles_j;
  const int64_t grain = std::max<int64_t>(1, grain_bytes / tile_bytes);
  workers.parallel_for(outer.count() * per_outer, grain, [&](int64_t begin, int64_t end) {
    Odometer at(outer, begin / per_outer);
    int64_t tile = begin % per_outer;
    for (int64_t index = begin; index < end; ++index) {
      const int64_t from_i = tile % tiles_i * tile_i;
      const int64_t from_j = tile / tiles_i * tile_j;
      copy_tile(Axis{std::min(tile_i, i.extent - from_i), i.src, i.dst},
                Axis{std::min(tile_j, j.extent - from_j), j.src, j.dst},
                src + at.src + from_i * i.src + from_j * j.src, dst + at.dst + from_i * i.dst + from_j * j.dst);
      if (++tile == per_outer) {
        tile = 0;
        at.advance();
      }
    }
  });
}

template <class T>
void copy_elements(Nest nest, const T* src, T* dst, Workers& workers) {
  if (nest.rank == 0) {
    *dst = *src;
    return;
  }
  Axis inner = nest.take(nest.rank - 1);
  int nearest = -1;
  for (int a = 0; a < nest.rank; ++a) {
    const int64_t step = std::abs(nest.axes[a].src);
    if (step != 0 && step < std::abs(inner.src) && (nearest < 0 || step < std::abs(nest.axes[nearest].src))) nearest = a;
  }
  if (nearest >= 0) {
    const Axis j = nest.take(nearest);
    copy_tiles(nest, inner, j, src, dst, workers);
    return;
  }
  // One long row is cut so that every worker gets a part.
  constexpr int64_t piece = grain_bytes / static_cast<int64_t>(sizeof(T));
  if (nest.rank == 0 && inner.extent >= 2 * piece) {
    workers.parallel_for(inner.extent, piece, [&](int64_t begin, int64_t end) {
      copy_row(end - begin, src + begin * inner.src, inner.src, dst + begin * inner.dst, inner.dst);
    });
    return;
  }
  copy_rows(nest, inner, src, dst, workers);
}

}  // namespace

void strided_copy(size_t element_size, std::span<const int64_t> extents, const void* src,
                  std::span<const int64_t> src_strides, void* dst, std::span<const int64_t> dst_strides,
                  Workers& workers) {
  assert(extents.size() <= strided_copy_max_rank);
  if (std::find(extents.begin(), extents.end(), 0) != extents.end()) return;
  const Nest nest = simplify(extents, src_strides, dst_strides);
  auto typed = [&](auto word) {
    using T = decltype(word);
    copy_elements(nest, static_cast<const T*>(src), static_cast<T*>(dst), workers);
  };
  switch (element_size) {
    case 1: return typed(uint8_t{});
    case 2: return typed(uint16_t{});
    case 4: return typed(uint32_t{});
    default: return typed(uint64_t{});
  }
}

}  // namespace cnn
