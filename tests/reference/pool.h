// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/kernels/pool.h"

namespace cnn::reference {

enum class PoolKind { Max, Average, Lp2 };

/// One output element of a pooling over any strides, tap by tap with a test of each position.
inline double pool(PoolKind kind, const PoolGeometry& g, const float* x, int64_t n, int64_t c, int64_t oz, int64_t oy,
                   int64_t ox) {
  double sum = 0, largest = std::numeric_limits<float>::lowest();
  int64_t inside = 0, padded = 0;
  const auto& a = g.axes;
  for (int64_t kz = 0; kz < a[0].kernel; ++kz)
    for (int64_t ky = 0; ky < a[1].kernel; ++ky)
      for (int64_t kx = 0; kx < a[2].kernel; ++kx) {
        const int64_t z = oz * a[0].stride - a[0].pad_begin + kz * a[0].dilation;
        const int64_t y = oy * a[1].stride - a[1].pad_begin + ky * a[1].dilation;
        const int64_t w = ox * a[2].stride - a[2].pad_begin + kx * a[2].dilation;
        if (z >= a[0].in + a[0].pad_end || y >= a[1].in + a[1].pad_end || w >= a[2].in + a[2].pad_end) continue;
        ++padded;
        if (z < 0 || y < 0 || w < 0 || z >= a[0].in || y >= a[1].in || w >= a[2].in) continue;
        ++inside;
        const double v = x[n * g.in_strides[0] + c * g.in_strides[1] + z * g.in_strides[2] + y * g.in_strides[3] +
                           w * g.in_strides[4]];
        sum += kind == PoolKind::Lp2 ? v * v : v;
        largest = std::max(largest, v);
      }
  if (kind == PoolKind::Max) return largest;
  if (kind == PoolKind::Lp2) return std::sqrt(sum);
  return sum / static_cast<double>(std::max<int64_t>(1, g.count_include_pad ? padded : inside));
}

}  // namespace cnn::reference
