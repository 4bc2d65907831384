// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

namespace cnn {

/// A loop nest over the elements of an output and of operands that are broadcast to it (stride 0 where they are).
/// Operand 0 is the output. Elements are numbered row-major over `extents`; ranges of numbers can run on several
/// threads.
/// Immutable once made.
struct ElementwiseLoop {
  static constexpr int max_rank = 16;
  static constexpr int max_operands = 4;
  using Strides = std::array<int64_t, max_rank>;
  using Offsets = std::array<int64_t, max_operands>;

  int rank = 0;  ///< >= 1 once made
  int operands = 0;
  std::array<int64_t, max_rank> extents{};
  std::array<Strides, max_operands> strides{};

  int64_t total() const {
    int64_t count = 1;
    for (int i = 0; i < rank; ++i) count *= extents[i];
    return count;
  }
  /// Elements between neighbours of `operand` in the innermost loop.
  int64_t inner_stride(int operand) const { return strides[operand][rank - 1]; }

  /// Drops extents of 1 and merges neighbouring loops that every operand walks in one stride. `extents` in the memory
  /// order of the output, at most max_rank; `strides[operand]` is parallel to it.
  static ElementwiseLoop make(std::span<const int64_t> extents, std::span<const Strides> strides) {
    ElementwiseLoop loop;
    loop.operands = static_cast<int>(strides.size());
    for (size_t axis = 0; axis < extents.size(); ++axis) {
      if (extents[axis] == 1) continue;
      bool merge = loop.rank > 0;
      for (int i = 0; merge && i < loop.operands; ++i)
        merge = loop.strides[i][loop.rank - 1] == strides[i][axis] * extents[axis];
      const int to = merge ? loop.rank - 1 : loop.rank++;
      loop.extents[to] = merge ? loop.extents[to] * extents[axis] : extents[axis];
      for (int i = 0; i < loop.operands; ++i) loop.strides[i][to] = strides[i][axis];
    }
    if (loop.rank == 0) {
      loop.rank = 1;
      loop.extents[0] = 1;
    }
    return loop;
  }

  /// A loop over `count` elements that `operands` dense arrays hold in the same order.
  static ElementwiseLoop flat(int64_t count, int operands) {
    ElementwiseLoop loop;
    loop.rank = 1;
    loop.operands = operands;
    loop.extents[0] = count;
    for (int i = 0; i < operands; ++i) loop.strides[i][0] = 1;
    return loop;
  }

  /// Calls row(offsets, n) for runs of n elements along the innermost loop that cover the elements [begin, end).
  template <class Row>
  void for_range(int64_t begin, int64_t end, Row&& row) const {
    if (begin >= end) return;
    const int inner = rank - 1;
    std::array<int64_t, max_rank> index{};
    Offsets offsets{};
    int64_t rest = begin;
    for (int axis = inner; axis >= 0; --axis) {
      index[axis] = rest % extents[axis];
      rest /= extents[axis];
      for (int i = 0; i < operands; ++i) offsets[i] += index[axis] * strides[i][axis];
    }
    for (;;) {
      const int64_t n = std::min(extents[inner] - index[inner], end - begin);
      row(offsets, n);
      begin += n;
      if (begin >= end) return;
      for (int i = 0; i < operands; ++i) offsets[i] -= index[inner] * strides[i][inner];
      index[inner] = 0;
      for (int axis = inner - 1;; --axis) {
        for (int i = 0; i < operands; ++i) offsets[i] += strides[i][axis];
        if (++index[axis] < extents[axis]) break;
        for (int i = 0; i < operands; ++i) offsets[i] -= extents[axis] * strides[i][axis];
        index[axis] = 0;
      }
    }
  }
};

/// out = function(a) over the elements [begin, end) of a loop with operands out, a.
template <class Out, class A, class Function>
void map_elements(const ElementwiseLoop& loop, int64_t begin, int64_t end, Out* out, const A* a, Function function) {
  const int64_t so = loop.inner_stride(0), sa = loop.inner_stride(1);
  loop.for_range(begin, end, [&](const ElementwiseLoop::Offsets& at, int64_t n) {
    Out* o = out + at[0];
    const A* x = a + at[1];
    if (so == 1 && sa == 1) {
      for (int64_t i = 0; i < n; ++i) o[i] = function(x[i]);
    } else {
      for (int64_t i = 0; i < n; ++i) o[i * so] = function(x[i * sa]);
    }
  });
}

/// out = function(a, b) over the elements [begin, end) of a loop with operands out, a, b.
template <class Out, class A, class B, class Function>
void map_elements(const ElementwiseLoop& loop, int64_t begin, int64_t end, Out* out, const A* a, const B* b,
                  Function function) {
  const int64_t so = loop.inner_stride(0), sa = loop.inner_stride(1), sb = loop.inner_stride(2);
  loop.for_range(begin, end, [&](const ElementwiseLoop::Offsets& at, int64_t n) {
    Out* o = out + at[0];
    const A* x = a + at[1];
    const B* y = b + at[2];
    for (int64_t i = 0; i < n; ++i) o[i * so] = function(x[i * sa], y[i * sb]);
  });
}

/// out = function(a, b, c) over the elements [begin, end) of a loop with operands out, a, b, c.
template <class Out, class A, class B, class C, class Function>
void map_elements(const ElementwiseLoop& loop, int64_t begin, int64_t end, Out* out, const A* a, const B* b, const C* c,
                  Function function) {
  loop.for_range(begin, end, [&](const ElementwiseLoop::Offsets& at, int64_t n) {
    for (int64_t i = 0; i < n; ++i)
      out[at[0] + i * loop.inner_stride(0)] =
          function(a[at[1] + i * loop.inner_stride(1)], b[at[2] + i * loop.inner_stride(2)],
                   c[at[3] + i * loop.inner_stride(3)]);
  });
}

}  // namespace cnn
