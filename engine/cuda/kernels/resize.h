// SPDX-License-Identifier: MIT
#pragma once

#include "engine/cuda/kernels/divisor.h"
#include "engine/cuda/kernels/eight.h"

namespace cnn::cuda {

/// One axis of the output: position o is the sum over k < count of weights[o * count + k] times input position
/// indices[o * count + k], whose negatives stand for the value outside. Null: it is read from itself.
struct TapAxis {
  Divisor out;
  int count = 1;
  const int32_t* indices = nullptr;
  const float* weights = nullptr;
  int64_t source = 0, target = 0;  ///< elements between neighbours
};

/// An item is `width` (1 or 8) neighbours of the output; axes outermost first, the last one counts items.
template <class T, int width>
struct ResizeElements {
  static constexpr int max_rank = 6;
  TapAxis axes[max_rank];
  int rank;
  int taps;  ///< product of the counts
  float outside;
  const T* x;
  T* y;

  __host__ __device__ void operator()(int64_t index) const {
    auto rest = static_cast<uint32_t>(index);
    int64_t to = 0, fixed = 0;
    int first[max_rank] = {};
    bool is_outside = false;
#pragma unroll
    for (int a = max_rank - 1; a >= 0; --a) {
      if (a >= rank) continue;
      const int o = static_cast<int>(axes[a].out.divide(rest));
      to += o * axes[a].target;
      first[a] = o * axes[a].count;
      if (!axes[a].indices)
        fixed += o * axes[a].source;
      else
        is_outside = is_outside || axes[a].indices[first[a]] < 0;
    }
    float sums[width] = {};
    for (int tap = 0; tap < taps; ++tap) {
      int64_t from = fixed;
      float weight = 1;
      int left = tap;
#pragma unroll
      for (int a = max_rank - 1; a >= 0; --a) {
        if (a >= rank || !axes[a].indices) continue;
        const int k = first[a] + (axes[a].count == 1 ? 0 : left % axes[a].count);
        left = axes[a].count == 1 ? left : left / axes[a].count;
        from += axes[a].indices[k] * axes[a].source;
        weight *= axes[a].weights[k];
      }
      if (is_outside) break;
      if constexpr (width == 1) {
        sums[0] += weight * to_float(x[from]);
      } else {
        float values[8];
        load_eight(x + from, values);
#pragma unroll
        for (int i = 0; i < 8; ++i) sums[i] += weight * values[i];
      }
    }
#pragma unroll
    for (float& sum : sums) sum = is_outside ? outside : sum;
    if constexpr (width == 1)
      y[to] = from_float<T>(sums[0]);
    else
      store_eight(y + to, sums);
  }
};

}  // namespace cnn::cuda
