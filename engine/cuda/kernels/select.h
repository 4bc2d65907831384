// SPDX-License-Identifier: MIT
#pragma once

#include "engine/cuda/kernels/divisor.h"
#include "engine/cuda/launch.cuh"
#include "engine/cuda/number.h"

namespace cnn::cuda {

/// An element of a line and its position; negative: none.
struct Candidate {
  float value = 0;
  int at = -1;
};

/// The order of a line's elements: NaN counts as larger than everything, equals by position.
struct SelectionOrder {
  bool largest, last;  ///< last: of equals the one behind comes first

  static __host__ __device__ bool above(float a, float b) { return a > b || (a != a && b == b); }
  __host__ __device__ bool before(const Candidate& a, const Candidate& b) const {
    if (b.at < 0 || a.at < 0) return b.at < 0;
    if (above(a.value, b.value)) return largest;
    if (above(b.value, a.value)) return !largest;
    return last ? a.at > b.at : a.at < b.at;
  }
  /// The first of the candidates of all lanes.
  __host__ __device__ Candidate first(Candidate held, const Lanes& lanes) const {
    for (int mask = lanes.count / 2; mask > 0; mask /= 2) {
      const Candidate other{lanes.swapped(held.value, mask), lanes.swapped(held.at, mask)};
      if (other.at >= 0 && before(other, held)) held = other;
    }
    return held;
  }
};

/// The first `count` elements of each line in order; a row is a line [extent] of a dense tensor [outer, extent, inner].
/// Each is the first of those behind the one found before: few are wanted.
template <class T>
struct SelectFirst {
  SelectionOrder order;
  Divisor inner;
  int extent, count;
  const T* x;
  T* values;           ///< [outer, count, inner], or null
  int64_t* positions;  ///< the same

  __host__ __device__ void operator()(int64_t line, const Lanes& lanes) const {
    auto outer = static_cast<uint32_t>(line);
    const uint32_t within = inner.divide(outer);
    const int64_t step = inner.divisor, from = int64_t{outer} * extent * step + within,
                  to = int64_t{outer} * count * step + within;
    Candidate found;
    for (int k = 0; k < count; ++k) {
      Candidate best;
      for (int i = lanes.index; i < extent; i += lanes.count) {
        const Candidate next{to_float(x[from + i * step]), i};
        if ((k == 0 || order.before(found, next)) && order.before(next, best)) best = next;
      }
      found = order.first(best, lanes);
      if (lanes.index != 0) continue;
      if (values) values[to + k * step] = from_float<T>(found.value);
      if (positions) positions[to + k * step] = found.at;
    }
  }
};

}  // namespace cnn::cuda
