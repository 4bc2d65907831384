// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <type_traits>

#include "engine/cuda/kernels/divisor.h"
#include "engine/cuda/number.h"

namespace cnn::cuda {

/// Loops over up to 8 axes, outermost first, with so many elements between neighbours in each of `operands` tensors.
/// Host code makes them: see merged().
template <int operands>
struct StridedLoop {
  static constexpr int max_rank = 8;
  int rank = 0;
  bool narrow = false;  ///< count() < 2^31: `divisors` are the extents
  Divisor divisors[max_rank];
  int64_t extents[max_rank] = {};
  int64_t strides[operands][max_rank] = {};

  __host__ __device__ int64_t count() const {
    int64_t product = 1;
    for (int a = 0; a < rank; ++a) product *= extents[a];
    return product;
  }
  /// To be called when the extents are known.
  void prepare() {
    narrow = count() < int64_t{1} << 31;
    for (int a = 0; narrow && a < rank; ++a) divisors[a] = Divisor(extents[a] > 0 ? extents[a] : 1);
  }
  /// Elements from the start of each tensor to item `index` of the loop.
  __host__ __device__ void locate(int64_t index, int64_t (&offsets)[operands]) const {
    for (int64_t& offset : offsets) offset = 0;
    auto rest = static_cast<uint32_t>(index);
#pragma unroll
    for (int a = max_rank - 1; a >= 0; --a) {
      if (a >= rank) continue;
      int64_t at;
      if (narrow) {
        at = divisors[a].divide(rest);
      } else {
        at = index % extents[a];
        index /= extents[a];
      }
#pragma unroll
      for (int t = 0; t < operands; ++t) offsets[t] += at * strides[t][a];
    }
  }
};

/// Writes 0 to elements [first, step) of every pixel, which are `step` elements apart.
template <class T>
struct FillGaps {
  T* pixels;
  int64_t first, step;

  __host__ __device__ void operator()(int64_t pixel) const {
    for (int64_t c = first; c < step; ++c) pixels[pixel * step + c] = T{};
  }
};

/// Operand 0 is written, operand 1 read.
template <class To, class From>
struct StridedCopy {
  StridedLoop<2> loop;
  To* to;
  const From* from;

  __host__ __device__ void operator()(int64_t index) const {
    int64_t at[2];
    loop.locate(index, at);
    if constexpr (sizeof(To) == sizeof(From) && std::is_same_v<To, From>)
      to[at[0]] = from[at[1]];
    else
      to[at[0]] = from_float<To>(to_float(from[at[1]]));
  }
};

}  // namespace cnn::cuda
