// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>

#include "engine/cuda/kernels/strided.h"
#include "engine/graph/tensor.h"

namespace cnn::cuda {

/// Element `at` of an integer (or Bool) tensor.
__host__ __device__ inline int64_t load_integer(DataType type, const void* from, int64_t at) {
  switch (type) {
    case DataType::Int8: return static_cast<const int8_t*>(from)[at];
    case DataType::UInt8: return static_cast<const uint8_t*>(from)[at];
    case DataType::Int16: return static_cast<const int16_t*>(from)[at];
    case DataType::UInt16: return static_cast<const uint16_t*>(from)[at];
    case DataType::Int32: return static_cast<const int32_t*>(from)[at];
    case DataType::UInt32: return static_cast<const uint32_t*>(from)[at];
    case DataType::Bool: return static_cast<const bool*>(from)[at];
    default: return static_cast<const int64_t*>(from)[at];
  }
}
/// Its lowest bits; of Bool whether it is not 0.
__host__ __device__ inline void store_integer(DataType type, void* to, int64_t at, int64_t value) {
  switch (type) {
    case DataType::Int8:
    case DataType::UInt8: static_cast<uint8_t*>(to)[at] = static_cast<uint8_t>(value); break;
    case DataType::Int16:
    case DataType::UInt16: static_cast<uint16_t*>(to)[at] = static_cast<uint16_t>(value); break;
    case DataType::Int32:
    case DataType::UInt32: static_cast<uint32_t*>(to)[at] = static_cast<uint32_t>(value); break;
    case DataType::Bool: static_cast<bool*>(to)[at] = value != 0; break;
    default: static_cast<int64_t*>(to)[at] = value;
  }
}

/// q = clamp(round(x / scale) + zero) over a loop with operands q, x, scale (zero alike).
template <class T>
struct QuantizeElements {
  StridedLoop<3> loop;
  DataType type;
  float low, high;
  void* q;
  const T* x;
  const float *scale, *zero;

  __host__ __device__ void operator()(int64_t index) const {
    int64_t at[3];
    loop.locate(index, at);
    const float whole = nearbyintf(to_float(x[at[1]]) / scale[at[2]]) + zero[at[2]];
    store_integer(type, q, at[0], static_cast<int64_t>(fminf(high, fmaxf(low, whole))));
  }
};

/// x = (q - zero) scale over a loop with operands x, q, scale.
template <class T>
struct DequantizeElements {
  StridedLoop<3> loop;
  DataType type;
  T* x;
  const void* q;
  const float *scale, *zero;

  __host__ __device__ void operator()(int64_t index) const {
    int64_t at[3];
    loop.locate(index, at);
    x[at[0]] = from_float<T>((static_cast<float>(load_integer(type, q, at[1])) - zero[at[2]]) * scale[at[2]]);
  }
};

/// Integers between types, and to and from floats (which T stores); over a loop with operands y, x. Floats become
/// integers by truncation and saturate at `low` and `high`; NaN becomes 0.
template <class T>
struct CastElements {
  StridedLoop<2> loop;
  DataType from, to;
  float low, high;  ///< of `to`; high is the first that does not fit
  int64_t highest;
  const void* x;
  void* y;

  __host__ __device__ void operator()(int64_t index) const {
    int64_t at[2];
    loop.locate(index, at);
    if (from != DataType::Float32) {
      const int64_t value = load_integer(from, x, at[1]);
      if (to != DataType::Float32) return store_integer(to, y, at[0], value);
      static_cast<T*>(y)[at[0]] = from_float<T>(static_cast<float>(value));
      return;
    }
    const float value = to_float(static_cast<const T*>(x)[at[1]]);
    if (to == DataType::Bool) return store_integer(to, y, at[0], value != 0);
    int64_t whole = 0;
    if (value >= high)
      whole = highest;
    else if (value == value)
      whole = static_cast<int64_t>(fmaxf(low, value));
    store_integer(to, y, at[0], whole);
  }
};

/// Floats rounded to float16 or bfloat16 (Half), over a loop with operands y, x.
template <class T, class Half>
struct RoundElements {
  StridedLoop<2> loop;
  T* y;
  const T* x;

  __host__ __device__ void operator()(int64_t index) const {
    int64_t at[2];
    loop.locate(index, at);
    y[at[0]] = from_float<T>(to_float(from_float<Half>(to_float(x[at[1]]))));
  }
};

}  // namespace cnn::cuda
