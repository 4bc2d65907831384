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

template <class F>
__global__ void __launch_bounds__(block_threads) each_item(F f, int64_t count) {
  const int64_t step = int64_t{gridDim.x} * block_threads;
  for (int64_t i = int64_t{blockIdx.x} * block_threads + threadIdx.x; i < count; i += step) f(i);
}

/// The lanes that compute one row: lane `index` of `count` takes elements index, index + count ...
struct Lanes {
  int index = 0;
  int count = 1;

  __host__ __device__ float sum(float x) const {
#ifdef __CUDA_ARCH__
    for (int mask = 16; mask > 0; mask /= 2) x += __shfl_xor_sync(0xffffffffu, x, mask);
#endif
    return x;
  }
  __host__ __device__ float max(float x) const {
#ifdef __CUDA_ARCH__
    for (int mask = 16; mask > 0; mask /= 2) x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, mask));
#endif
    return x;
  }
};

template <class F>
__global__ void __launch_bounds__(block_threads) each_row(F f, int64_t rows) {
  constexpr int warps = block_threads / 32;
  const int64_t step = int64_t{gridDim.x} * warps;
  const Lanes lanes{static_cast<int>(threadIdx.x % 32), 32};
  for (int64_t row = int64_t{blockIdx.x} * warps + threadIdx.x / 32; row < rows; row += step) f(row, lanes);
}

/// f(i) for i in [0, count), in any order.
template <class F>
Status for_each(const Queue& queue, int64_t count, const F& f) {
  if (count <= 0) return {};
  if (queue.simulated) {
    for (int64_t i = 0; i < count; ++i) f(i);
    return {};
  }
  const int64_t blocks = std::min((count + block_threads - 1) / block_threads, largest_grid);
  each_item<<<static_cast<unsigned>(blocks), block_threads, 0, queue.stream>>>(f, count);
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
  constexpr int warps = block_threads / 32;
  const int64_t blocks = std::min((rows + warps - 1) / warps, largest_grid);
  each_row<<<static_cast<unsigned>(blocks), block_threads, 0, queue.stream>>>(f, rows);
  return checked(cudaGetLastError(), "kernel launch");
}

}  // namespace cnn::cuda
