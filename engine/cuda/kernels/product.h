// SPDX-License-Identifier: MIT
#pragma once

#include "engine/cuda/kernels/activation.h"
#include "engine/cuda/kernels/eight.h"
#include "engine/cuda/kernels/strided.h"

namespace cnn::cuda {

/// y = f(alpha a b + beta c + residual) for matrices; one item is `rows_at_once` rows of 8 columns. Element (i, j) of a
/// lies at i * a_row + j * a_column, of b and c alike; y and residual are dense.
template <class T, int rows_at_once>
struct MatrixProductItems {
  Divisor blocks, row_groups;  ///< of 8 columns, of rows_at_once rows
  StridedLoop<3> matrices;     ///< operands y, a, b
  int rows, depth, columns;
  int64_t a_row, a_column, b_row, b_column, c_row, c_column;
  bool wide_b;  ///< all blocks of b can be read by 16 bytes, padding behind the last column included
  bool wide_y;
  float alpha, beta;
  Activation f;
  const T *a, *b, *c, *residual;  ///< c, residual: null where there is none
  T* y;

  __host__ __device__ void load_row(const T* from, int count, float (&to)[8]) const {
    if (wide_b) return load_eight(from, to);
#pragma unroll
    for (int i = 0; i < 8; ++i) to[i] = i < count ? to_float(from[i * b_column]) : 0;
  }

  __host__ __device__ void operator()(int64_t index) const {
    auto rest = static_cast<uint32_t>(index);
    const int column = static_cast<int>(blocks.divide(rest)) * 8;
    const int row = static_cast<int>(row_groups.divide(rest)) * rows_at_once, count = columns - column;
    int64_t at[3];
    matrices.locate(rest, at);
    float sums[rows_at_once][8] = {};
    const T* from_a[rows_at_once];
#pragma unroll
    for (int r = 0; r < rows_at_once; ++r) from_a[r] = a + at[1] + (row + r < rows ? row + r : row) * a_row;
    const T* from_b = b + at[2] + column * b_column;
    for (int k = 0; k < depth; ++k, from_b += b_row) {
      float of_b[8];
      load_row(from_b, count, of_b);
#pragma unroll
      for (int r = 0; r < rows_at_once; ++r) {
        const float factor = to_float(from_a[r][k * a_column]);
#pragma unroll
        for (int i = 0; i < 8; ++i) sums[r][i] += factor * of_b[i];
      }
    }
#pragma unroll
    for (int r = 0; r < rows_at_once; ++r)
      if (row + r < rows) store(at[0] + int64_t{row + r} * columns + column, row + r, column, count, sums[r]);
  }

  __host__ __device__ void store(int64_t to, int row, int column, int count, float (&sums)[8]) const {
#pragma unroll
    for (int i = 0; i < 8; ++i) {
      if (i >= count) break;
      float sum = alpha * sums[i];
      if (c) sum += beta * to_float(c[row * c_row + (column + i) * c_column]);
      if (residual) sum += to_float(residual[to + i]);
      sums[i] = activated(sum, f);
    }
    if (wide_y) return store_eight(y + to, sums);
#pragma unroll
    for (int i = 0; i < 8; ++i)
      if (i < count) y[to + i] = from_float<T>(sums[i]);
  }
};

}  // namespace cnn::cuda
