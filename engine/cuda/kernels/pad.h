// SPDX-License-Identifier: MIT
#pragma once

#include "engine/cuda/kernels/divisor.h"

namespace cnn::cuda {

enum class Padding : uint8_t { Constant, Reflect, Edge, Wrap };

/// One axis of an output, `extent` elements of which come from the input, from position `low` on.
struct PadAxis {
  Divisor out;
  int low = 0, extent = 1;
  int64_t source = 0, target = 0;  ///< elements between neighbours
};

/// An item is one element of the output; axes outermost first.
template <class T>
struct PadElements {
  static constexpr int max_rank = 8;
  PadAxis axes[max_rank];
  int rank;
  Padding mode;
  T value;
  const T* value_at;  ///< instead of `value`, unless null
  const T* x;
  T* y;

  /// Position in [0, extent) that shows at position `at` outside of it.
  __host__ __device__ int shown(int at, int extent) const {
    if (mode == Padding::Edge || extent == 1) return at < 0 ? 0 : at < extent ? at : extent - 1;
    const int period = mode == Padding::Wrap ? extent : 2 * (extent - 1);
    const int within = (at % period + period) % period;
    return within < extent ? within : period - within;
  }
  __host__ __device__ void operator()(int64_t index) const {
    auto rest = static_cast<uint32_t>(index);
    int64_t from = 0, to = 0;
    bool inside = true;
#pragma unroll
    for (int a = max_rank - 1; a >= 0; --a) {
      if (a >= rank) continue;
      const int o = static_cast<int>(axes[a].out.divide(rest));
      int at = o - axes[a].low;
      if (at < 0 || at >= axes[a].extent) {
        inside = inside && mode != Padding::Constant;
        at = shown(at, axes[a].extent);
      }
      from += at * axes[a].source;
      to += o * axes[a].target;
    }
    y[to] = inside ? x[from] : value_at ? *value_at : value;
  }
};

}  // namespace cnn::cuda
