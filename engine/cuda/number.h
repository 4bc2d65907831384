// SPDX-License-Identifier: MIT
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstddef>
#include <cstdint>

namespace cnn::cuda {

/// How the GPU stores what the graph calls Float32. Sums and everything inside a kernel are fp32.
enum class Number : uint8_t { Fp16, Bf16, Fp32 };

constexpr size_t size_of(Number number) { return number == Number::Fp32 ? 4 : 2; }
/// "fp16", "bf16", "fp32"
constexpr const char* name_of(Number number) {
  return number == Number::Fp16 ? "fp16" : number == Number::Bf16 ? "bf16" : "fp32";
}

__host__ __device__ inline float to_float(float x) { return x; }
__host__ __device__ inline float to_float(__half x) { return __half2float(x); }
__host__ __device__ inline float to_float(__nv_bfloat16 x) { return __bfloat162float(x); }

template <class T>
__host__ __device__ inline T from_float(float x) {
  if constexpr (sizeof(T) == 4)
    return x;
  else
    return T(x);  // to nearest even; fp16 beyond 65504 becomes infinite
}

/// Calls function(T{}) with the C++ type of `number`.
template <class Function>
decltype(auto) with_number(Number number, Function&& function) {
  switch (number) {
    case Number::Fp16: return function(__half{});
    case Number::Bf16: return function(__nv_bfloat16{});
    case Number::Fp32: break;
  }
  return function(float{});
}

}  // namespace cnn::cuda
