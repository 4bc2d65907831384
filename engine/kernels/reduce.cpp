// SPDX-License-Identifier: MIT
#include "engine/kernels/reduce.h"

#include <algorithm>
#include <array>

#include "engine/kernels/reduce_kinds.h"

namespace cnn {
namespace {

constexpr int max_rank = 8;
constexpr int64_t grain_elements = 1 << 14;

struct Loop {
  int64_t extent, stride;
};

/// Nested loops, outermost first.
struct Loops {
  std::array<Loop, max_rank> at;
  int rank = 0;

  void add_outer(Loop loop) {
    std::copy_backward(at.begin(), at.begin() + rank, at.begin() + rank + 1);
    at[0] = loop;
    ++rank;
  }
  /// Takes the innermost loop out; one round when there is none.
  Loop take_inner() { return rank ? at[--rank] : Loop{1, 1}; }
  int64_t count() const {
    int64_t n = 1;
    for (int i = 0; i < rank; ++i) n *= at[i].extent;
    return n;
  }
  int64_t offset(int64_t index) const {
    if (rank == 1) return index * at[0].stride;
    int64_t sum = 0;
    for (int i = rank - 1; i >= 0; --i) {
      sum += index % at[i].extent * at[i].stride;
      index /= at[i].extent;
    }
    return sum;
  }
};

/// The axes parted into kept and reduced loops, neighbours of a kind merged, extents of 1 left out.
struct Nest {
  Loops kept, reduced;
  bool inner_reduced = false;

  explicit Nest(std::span<const ReduceAxis> axes) {
    int64_t stride = 1;
    const ReduceAxis* inner = nullptr;
    for (size_t i = axes.size(); i-- > 0;) {
      const ReduceAxis& axis = axes[i];
      if (axis.extent == 1) continue;
      Loops& loops = axis.reduced ? reduced : kept;
      if (!inner) inner_reduced = axis.reduced;
      if (inner && inner->reduced == axis.reduced)
        loops.at[0].extent *= axis.extent;
      else
        loops.add_outer({axis.extent, stride});
      inner = &axis;
      stride *= axis.extent;
    }
  }
};

/// Rows of neighbours are reduced in parallel lanes, which the compiler keeps in vector registers.
template <class Kind, class T>
void reduce_rows(Nest nest, const T* x, T* y, Workers& workers) {
  constexpr int64_t lanes = 8;
  const int64_t set = nest.reduced.count();
  const int64_t row = nest.reduced.take_inner().extent;
  const int64_t rows = nest.reduced.count();
  const int64_t grain = std::max<int64_t>(1, grain_elements / std::max<int64_t>(1, set));
  workers.parallel_for(nest.kept.count(), grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const T* base = x + nest.kept.offset(i);
      typename Kind::Acc lane[lanes] = {};
      for (int64_t r = 0; r < rows; ++r) {
        const T* from = base + nest.reduced.offset(r);
        int64_t k = 0;
        for (; k + lanes <= row; k += lanes)
          for (int64_t l = 0; l < lanes; ++l) Kind::add(lane[l], from[k + l]);
        for (; k < row; ++k) Kind::add(lane[0], from[k]);
      }
      for (int64_t l = 1; l < lanes; ++l) Kind::merge(lane[0], lane[l]);
      y[i] = Kind::finish(lane[0], set);
    }
  });
}

/// Blocks of neighbouring outputs (channels) are accumulated together.
template <class Kind, class T>
void reduce_columns(Nest nest, const T* x, T* y, Workers& workers) {
  constexpr int64_t block = 128;
  const int64_t set = nest.reduced.count();
  const int64_t columns = nest.kept.take_inner().extent;
  const int64_t blocks = (columns + block - 1) / block;
  const int64_t grain = std::max<int64_t>(1, grain_elements / std::max<int64_t>(1, set * std::min(columns, block)));
  workers.parallel_for(nest.kept.count() * blocks, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t first = i % blocks * block;
      const int64_t width = std::min(block, columns - first);
      const T* base = x + nest.kept.offset(i / blocks) + first;
      typename Kind::Acc acc[block] = {};
      for (int64_t r = 0; r < set; ++r) {
        const T* from = base + nest.reduced.offset(r);
        for (int64_t c = 0; c < width; ++c) Kind::add(acc[c], from[c]);
      }
      T* to = y + i / blocks * columns + first;
      for (int64_t c = 0; c < width; ++c) to[c] = Kind::finish(acc[c], set);
    }
  });
}

template <class Kind, class T>
void reduce_with(const Nest& nest, const T* x, T* y, Workers& workers) {
  nest.inner_reduced ? reduce_rows<Kind>(nest, x, y, workers) : reduce_columns<Kind>(nest, x, y, workers);
}

}  // namespace

template <class T>
void reduce(ReduceKind kind, std::span<const ReduceAxis> axes, const T* x, T* y, Workers& workers) {
  using namespace reduce_kinds;
  const Nest nest(axes);
  if (nest.kept.count() == 0) return;
  if (kind == ReduceKind::Max) return reduce_with<Max<T>>(nest, x, y, workers);
  if (kind == ReduceKind::Min) return reduce_with<Min<T>>(nest, x, y, workers);
  if constexpr (sizeof(T) >= 4) {
    switch (kind) {
      case ReduceKind::Mean: return reduce_with<Mean<T>>(nest, x, y, workers);
      case ReduceKind::Prod: return reduce_with<Prod<T>>(nest, x, y, workers);
      case ReduceKind::L1: return reduce_with<L1<T>>(nest, x, y, workers);
      case ReduceKind::L2: return reduce_with<L2<T>>(nest, x, y, workers);
      case ReduceKind::LogSum: return reduce_with<LogSum<T>>(nest, x, y, workers);
      case ReduceKind::LogSumExp: return reduce_with<LogSumExp<T>>(nest, x, y, workers);
      case ReduceKind::SumSquare: return reduce_with<SumSquare<T>>(nest, x, y, workers);
      default: return reduce_with<Sum<T>>(nest, x, y, workers);
    }
  }
}

template void reduce<float>(ReduceKind, std::span<const ReduceAxis>, const float*, float*, Workers&);
template void reduce<int32_t>(ReduceKind, std::span<const ReduceAxis>, const int32_t*, int32_t*, Workers&);
template void reduce<uint32_t>(ReduceKind, std::span<const ReduceAxis>, const uint32_t*, uint32_t*, Workers&);
template void reduce<int64_t>(ReduceKind, std::span<const ReduceAxis>, const int64_t*, int64_t*, Workers&);
template void reduce<uint64_t>(ReduceKind, std::span<const ReduceAxis>, const uint64_t*, uint64_t*, Workers&);
template void reduce<int8_t>(ReduceKind, std::span<const ReduceAxis>, const int8_t*, int8_t*, Workers&);
template void reduce<uint8_t>(ReduceKind, std::span<const ReduceAxis>, const uint8_t*, uint8_t*, Workers&);
template void reduce<bool>(ReduceKind, std::span<const ReduceAxis>, const bool*, bool*, Workers&);

}  // namespace cnn
