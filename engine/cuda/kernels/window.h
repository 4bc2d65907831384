// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "engine/cuda/kernels/divisor.h"

namespace cnn::cuda {

/// PoolAxis for kernels: a sliding window along one spatial axis. Tap k of window o reads position
/// o * stride - pad_begin + k * dilation; positions outside [0, in) are padding.
struct WindowAxis {
  int in = 1, out = 1, kernel = 1, stride = 1, dilation = 1, pad_begin = 0, pad_end = 0;

  __host__ __device__ int start(int o) const { return o * stride - pad_begin; }
  /// First tap of the window at `start` that lies inside the input, and one past the last.
  __host__ __device__ int first_tap(int start) const { return up_to_kernel(-start); }
  __host__ __device__ int last_tap(int start) const { return up_to_kernel(in - start); }
  /// Taps inside the input and its padding.
  __host__ __device__ int padded_taps(int start) const { return up_to_kernel(in + pad_end - start); }

 private:
  __host__ __device__ int up_to_kernel(int x) const {
    const int taps = x <= 0 ? 0 : (x + dilation - 1) / dilation;
    return taps < kernel ? taps : kernel;
  }
};

/// Output pixels [images, z, y, x] and blocks of 8 channels within each, numbered with the blocks innermost; fewer than
/// 2^31 of them.
struct PixelBlocks {
  Divisor blocks, width, height, depth;

  struct Position {
    int block, x, y, z, image;
    int64_t pixel;
  };
  __host__ __device__ Position at(int64_t index) const {
    auto rest = static_cast<uint32_t>(index);
    Position p;
    p.block = static_cast<int>(blocks.divide(rest));
    p.pixel = rest;
    p.x = static_cast<int>(width.divide(rest));
    p.y = static_cast<int>(height.divide(rest));
    p.z = static_cast<int>(depth.divide(rest));
    p.image = static_cast<int>(rest);
    return p;
  }
};

}  // namespace cnn::cuda
