// SPDX-License-Identifier: MIT
#pragma once

#include "engine/cuda/kernels/divisor.h"
#include "engine/cuda/kernels/eight.h"

namespace cnn::cuda {

/// Images [n, rows, columns, 3] to [n, height, width, 16]: 2x2 pixels become one. An item is a folded pixel; fewer than
/// 2^31.
template <class T>
struct FoldPixels {
  Divisor width, height;  ///< of the folded image
  int rows, columns;
  const float* x;
  T* y;

  __host__ __device__ void operator()(int64_t index) const {
    auto rest = static_cast<uint32_t>(index);
    const int column = 2 * static_cast<int>(width.divide(rest)), row = 2 * static_cast<int>(height.divide(rest));
    const float* image = x + int64_t{rest} * rows * columns * 3;
    float values[2][8] = {};
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const int at_y = row + i / 2, at_x = column + i % 2;
      if (at_y >= rows || at_x >= columns) continue;
      const float* pixel = image + (int64_t{at_y} * columns + at_x) * 3;
#pragma unroll
      for (int c = 0; c < 3; ++c) values[(i * 3 + c) / 8][(i * 3 + c) % 8] = pixel[c];
    }
    store_eight(y + index * 16, values[0]);
    store_eight(y + index * 16 + 8, values[1]);
  }
};

}  // namespace cnn::cuda
