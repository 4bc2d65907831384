// SPDX-License-Identifier: MIT
#pragma once

#include "engine/cuda/number.h"

namespace cnn::cuda {

/// Eight neighbouring numbers at a 16-byte aligned address, moved by 16 bytes at a time.
template <class T>
struct alignas(16) Eight {
  T values[8];
};

__host__ __device__ inline void load_eight(const float* from, float (&to)[8]) {
  const Eight<float> eight = *reinterpret_cast<const Eight<float>*>(from);
#pragma unroll
  for (int i = 0; i < 8; ++i) to[i] = eight.values[i];
}
template <class T>
__host__ __device__ inline void load_eight(const T* from, float (&to)[8]) {
  const Eight<T> eight = *reinterpret_cast<const Eight<T>*>(from);
#pragma unroll
  for (int i = 0; i < 8; ++i) to[i] = to_float(eight.values[i]);
}

/// Two numbers, which one instruction rounds.
__host__ __device__ inline __half2 pair_of(const __half*, float a, float b) { return __floats2half2_rn(a, b); }
__host__ __device__ inline __nv_bfloat162 pair_of(const __nv_bfloat16*, float a, float b) {
  return __floats2bfloat162_rn(a, b);
}
__host__ __device__ inline float2 pair_of(const float*, float a, float b) { return {a, b}; }

template <class T>
__host__ __device__ inline void store_eight(T* to, const float (&from)[8]) {
  struct alignas(16) Pairs {
    decltype(pair_of(to, 0, 0)) values[4];
  } pairs;
#pragma unroll
  for (int i = 0; i < 4; ++i) pairs.values[i] = pair_of(to, from[2 * i], from[2 * i + 1]);
  *reinterpret_cast<Pairs*>(to) = pairs;
}

}  // namespace cnn::cuda
