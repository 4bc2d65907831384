// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>

#include "engine/cuda/kernels/strided.h"
#include "engine/cuda/launch.cuh"
#include "engine/kernels/reduce.h"

namespace cnn::cuda {

/// Reduces elements to one; a row is one result. `kept` has operands y, x.
template <class T>
struct ReduceRows {
  ReduceKind kind;
  StridedLoop<2> kept;
  StridedLoop<1> reduced;
  int64_t count;
  const T* x;
  T* y;

  __host__ __device__ float merged(float held, float value) const {
    switch (kind) {
      case ReduceKind::Max: return value > held || value != value ? value : held;
      case ReduceKind::Min: return value < held || value != value ? value : held;
      case ReduceKind::Prod: return held * value;
      default: return held + value;
    }
  }
  __host__ __device__ float term(float value, float largest) const {
    switch (kind) {
      case ReduceKind::L1: return fabsf(value);
      case ReduceKind::L2:
      case ReduceKind::SumSquare: return value * value;
      case ReduceKind::LogSumExp: return expf(value - largest);
      default: return value;
    }
  }
  __host__ __device__ float neutral() const {
    return kind == ReduceKind::Max ? -INFINITY : kind == ReduceKind::Min ? INFINITY : kind == ReduceKind::Prod ? 1 : 0;
  }
  __host__ __device__ float result(float held, float largest) const {
    switch (kind) {
      case ReduceKind::Mean: return held / static_cast<float>(count);
      case ReduceKind::L2: return sqrtf(held);
      case ReduceKind::LogSum: return logf(held);
      case ReduceKind::LogSumExp: return largest + logf(held);
      default: return held;
    }
  }
  __host__ __device__ float read(int64_t first, int64_t i) const {
    int64_t at[1];
    reduced.locate(i, at);
    return to_float(x[first + at[0]]);
  }

  __host__ __device__ void operator()(int64_t row, const Lanes& lanes) const {
    int64_t at[2];
    kept.locate(row, at);
    float largest = 0;
    if (kind == ReduceKind::LogSumExp) {
      largest = -INFINITY;
      for (int64_t i = lanes.index; i < count; i += lanes.count) largest = fmaxf(largest, read(at[1], i));
      largest = lanes.max(largest);
      if (largest == -INFINITY) largest = 0;
    }
    float held = neutral();
    for (int64_t i = lanes.index; i < count; i += lanes.count) held = merged(held, term(read(at[1], i), largest));
    for (int mask = lanes.count / 2; mask > 0; mask /= 2) held = merged(held, lanes.swapped(held, mask));
    if (lanes.index == 0) y[at[0]] = from_float<T>(result(held, largest));
  }
};

}  // namespace cnn::cuda
