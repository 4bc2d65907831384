// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <type_traits>

#include "engine/cuda/number.h"

namespace cnn::cuda {

/// Loops over up to 8 axes, outermost first, with so many elements between neighbours in each of `operands` tensors.
/// Host code makes them small: see merged().
template <int operands>
struct StridedLoop {
  static constexpr int max_rank = 8;
  int rank = 0;
  int64_t extents[max_rank] = {};
  int64_t strides[operands][max_rank] = {};

  __host__ __device__ int64_t count() const {
    int64_t product = 1;
    for (int a = 0; a < rank; ++a) product *= extents[a];
    return product;
  }
  /// Elements from the start of each tensor to item `index` of the loop.
  __host__ __device__ void locate(int64_t index, int64_t (&offsets)[operands]) const {
    for (int64_t& offset : offsets) offset = 0;
    for (int a = rank - 1; a >= 0; --a) {
      const int64_t at = index % extents[a];
      index /= extents[a];
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
