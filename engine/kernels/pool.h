// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace cnn {

/// A sliding window along one spatial axis. Tap k of window o reads position o * stride - pad_begin + k * dilation;
/// positions outside [0, in) are padding.
struct PoolAxis {
  int64_t in = 1, out = 1, kernel = 1, stride = 1, dilation = 1, pad_begin = 0, pad_end = 0;

  int64_t start(int64_t o) const { return o * stride - pad_begin; }
  /// First tap of window `o` that lies inside the input, and one past the last.
  int64_t first_tap(int64_t o) const { return std::min(kernel, ceil_div(-start(o))); }
  int64_t last_tap(int64_t o) const { return std::min(kernel, ceil_div(in - start(o))); }
  /// Taps of window `o` inside the input and its padding: ceil_mode makes windows that leave both.
  int64_t padded_taps(int64_t o) const { return std::min(kernel, ceil_div(in + pad_end - start(o))); }

 private:
  /// 0 for x < 0.
  int64_t ceil_div(int64_t x) const { return x <= 0 ? 0 : (x + dilation - 1) / dilation; }
};

/// Three spatial axes (missing ones are extents of 1 in front) and strides in elements, in the order n, c, spatial.
struct PoolGeometry {
  static constexpr int axis_count = 3;
  int64_t batch = 1, channels = 1;
  std::array<PoolAxis, axis_count> axes;
  std::array<int64_t, axis_count + 2> in_strides{}, out_strides{};
  bool count_include_pad = false;

  /// Rows of output pixels: batch and all spatial axes but the last.
  int64_t rows() const { return batch * axes[0].out * axes[1].out; }
  /// By what the sum of window (z, y, x) is divided for its average; at least 1.
  int64_t divisor(int64_t z, int64_t y, int64_t x) const {
    int64_t count = 1;
    const int64_t at[] = {z, y, x};
    for (int i = 0; i < axis_count; ++i)
      count *= count_include_pad ? axes[i].padded_taps(at[i]) : axes[i].last_tap(at[i]) - axes[i].first_tap(at[i]);
    return std::max<int64_t>(1, count);
  }
};

/// MaxPool (largest tap, the type's lowest number where there is none) and AveragePool in memory [n, spatial..., c]
/// (channel strides of 1), for rows [row_begin, row_end) and channels [channel_begin, channel_end). Sums are kept per
/// row of the window first, so that the average of a whole image keeps its precision. Safe from several threads on
/// disjoint parts.
/// https://onnx.ai/onnx/operators/onnx__AveragePool.html
void max_pool(const PoolGeometry& geometry, const float* x, float* y, int64_t row_begin, int64_t row_end,
              int64_t channel_begin, int64_t channel_end);
void max_pool(const PoolGeometry& geometry, const uint8_t* x, uint8_t* y, int64_t row_begin, int64_t row_end,
              int64_t channel_begin, int64_t channel_end);
void max_pool(const PoolGeometry& geometry, const int8_t* x, int8_t* y, int64_t row_begin, int64_t row_end,
              int64_t channel_begin, int64_t channel_end);
void average_pool(const PoolGeometry& geometry, const float* x, float* y, int64_t row_begin, int64_t row_end,
                  int64_t channel_begin, int64_t channel_end);

/// MaxPool of any strides and element types float, int8_t, uint8_t. `indices`, if not null, has strides `index_strides`
/// and gets the position of the first largest tap in the dense [n, c, spatial...] input, spatial axes reversed if
/// `column_major`.
template <class T>
void max_pool_strided(const PoolGeometry& geometry, const T* x, T* y, int64_t* indices,
                      const std::array<int64_t, PoolGeometry::axis_count + 2>& index_strides, bool column_major,
                      int64_t row_begin, int64_t row_end);

/// AveragePool of any strides.
void average_pool_strided(const PoolGeometry& geometry, const float* x, float* y, int64_t row_begin, int64_t row_end);

/// (sum of |tap|^p)^(1/p) of any strides; p >= 1.
void lp_pool_strided(const PoolGeometry& geometry, int64_t p, const float* x, float* y, int64_t row_begin,
                     int64_t row_end);

}  // namespace cnn
