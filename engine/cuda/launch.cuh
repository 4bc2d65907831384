// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/cuda/queue.h"

namespace cnn::cuda {

/// Kernels are function objects that compute one item: f(index), or f(row, lanes) where the lanes of a warp share a row.
/// They are copied to the GPU, so they hold numbers and addresses only, and are __host__ __device__ so that a simulated
/// queue can run them.

constexpr int block_threads = 256;
constexpr int64_t largest_grid = 1 << 20;

/// Threads of a block for `count` of them: small grids are cut finer, so that more of the GPU's multiprocessors take part.
constexpr int threads_for(int64_t count) { return count <= 32768 ? 64 : block_threads; }

template <class F>
__global__ void __launch_bounds__(block_threads) each_item(const __grid_constant__ F f, int64_t count) {
  const int64_t step = int64_t{gridDim.x} * blockDim.x;
  for (int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x; i < count; i += step) f(i);
}

/// The lanes that compute one row: lane `index` of `count` takes elements index, index + count ...
struct Lanes {
  int index = 0;
  int count = 1;

  /// What the lane whose index differs in bit `mask` holds; for masks below count.
  template <class T>
  __host__ __device__ T swapped(T x, int mask) const {
#ifdef __CUDA_ARCH__
    return __shfl_xor_sync(0xffffffffu, x, mask);
#else
    return mask ? x : x;
#endif
  }
  /// Sum over the lanes whose index is the same modulo `across`, a power of two; the same in all of them.
  __host__ __device__ float sum(float x, int across = 1) const {
    for (int mask = count / 2; mask >= across; mask /= 2) x += swapped(x, mask);
    return x;
  }
  /// Largest over all lanes, NaN where one is.
  __host__ __device__ float max(float x) const {
    for (int mask = count / 2; mask > 0; mask /= 2) {
      const float y = swapped(x, mask);
      x = y > x || y != y ? y : x;
    }
    return x;
  }
};

template <class F>
__global__ void __launch_bounds__(block_threads) each_row(const __grid_constant__ F f, int64_t rows) {
  const int64_t warps = blockDim.x / 32;
  const int64_t step = gridDim.x * warps;
  const Lanes lanes{static_cast<int>(threadIdx.x % 32), 32};
  for (int64_t row = blockIdx.x * warps + threadIdx.x / 32; row < rows; row += step) f(row, lanes);
}

/// A function object of rows with one lane each: for rows whose elements are not neighbours, but neighbours of the next
/// row's.
template <class F>
struct RowAsItem {
  F f;
  __host__ __device__ void operator()(int64_t row) const { f(row, Lanes{}); }
};

/// f(i) for i in [0, count), in any order.
template <class F>
Status for_each(const Queue& queue, int64_t count, const F& f) {
  if (count <= 0) return {};
  if (queue.simulated) {
    for (int64_t i = 0; i < count; ++i) f(i);
    return {};
  }
  const int threads = threads_for(count);
  const int64_t blocks = std::min((count + threads - 1) / threads, largest_grid);
  each_item<<<static_cast<unsigned>(blocks), static_cast<unsigned>(threads), 0, queue.stream>>>(f, count);
  return checked(cudaGetLastError(), "kernel launch");
}

/// f(row, lanes) for rows in [0, rows), in any order; all lanes of a row call it, and what Lanes sums is the same in all.
template <class F>
Status for_each_row(const Queue& queue, int64_t rows, const F& f) {
  if (rows <= 0) return {};
  if (queue.simulated) {
    for (int64_t row = 0; row < rows; ++row) f(row, Lanes{});
    return {};
  }
  const int threads = threads_for(rows * 32);
  const int64_t warps = threads / 32, blocks = std::min((rows + warps - 1) / warps, largest_grid);
  each_row<<<static_cast<unsigned>(blocks), static_cast<unsigned>(threads), 0, queue.stream>>>(f, rows);
  return checked(cudaGetLastError(), "kernel launch");
}

}  // namespace cnn::cuda
