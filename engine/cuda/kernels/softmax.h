// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>

#include "engine/cuda/kernels/divisor.h"
#include "engine/cuda/launch.cuh"
#include "engine/cuda/number.h"
#include "engine/kernels/softmax.h"

namespace cnn::cuda {

/// Softmax and its kin along lines of `extent` elements; a row is a line. Line i has its elements line_step apart and
/// begins at i / inner * outer_step + i % inner.
template <class T>
struct SoftmaxLines {
  SoftmaxKind kind;
  Divisor inner;
  int extent;
  int64_t x_outer, x_step, y_outer, y_step;
  const T* x;
  T* y;

  __host__ __device__ void operator()(int64_t line, const Lanes& lanes) const {
    auto outer = static_cast<uint32_t>(line);
    const uint32_t within = inner.divide(outer);
    const T* from = x + outer * x_outer + within;
    T* to = y + outer * y_outer + within;
    float largest = -INFINITY;
    for (int i = lanes.index; i < extent; i += lanes.count) {
      const float value = to_float(from[i * x_step]);
      largest = value > largest || value != value ? value : largest;
    }
    largest = lanes.max(largest);
    if (kind == SoftmaxKind::Hardmax) return mark_first(from, to, largest, lanes);
    float sum = 0;
    for (int i = lanes.index; i < extent; i += lanes.count) sum += expf(to_float(from[i * x_step]) - largest);
    sum = lanes.sum(sum);
    const float logarithm = logf(sum), factor = 1 / sum;
    for (int i = lanes.index; i < extent; i += lanes.count) {
      const float value = to_float(from[i * x_step]) - largest;
      to[i * y_step] = from_float<T>(kind == SoftmaxKind::Softmax ? expf(value) * factor : value - logarithm);
    }
  }

  __host__ __device__ void mark_first(const T* from, T* to, float largest, const Lanes& lanes) const {
    int first = extent;
    for (int i = lanes.index; i < extent && first == extent; i += lanes.count)
      if (to_float(from[i * x_step]) == largest) first = i;
    for (int mask = lanes.count / 2; mask > 0; mask /= 2) {
      const int other = lanes.swapped(first, mask);
      first = other < first ? other : first;
    }
    for (int i = lanes.index; i < extent; i += lanes.count) to[i * y_step] = from_float<T>(i == first);
  }
};

}  // namespace cnn::cuda
