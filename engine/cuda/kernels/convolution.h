// SPDX-License-Identifier: MIT
#pragma once

#include "engine/cuda/kernels/activation.h"
#include "engine/cuda/kernels/eight.h"
#include "engine/cuda/kernels/window.h"

namespace cnn::cuda {

/// What becomes of 8 sums: y = f(sums + residual), sums begin with the bias.
template <class T>
struct Epilogue {
  Activation f;
  const T* residual;  ///< null: none
  int64_t residual_step;
  T* y;
  int64_t y_step;  ///< elements from pixel to pixel

  __host__ __device__ void store(int64_t pixel, int64_t channel, float (&sums)[8]) const {
    if (residual) {
      float added[8];
      load_eight(residual + pixel * residual_step + channel, added);
#pragma unroll
      for (int i = 0; i < 8; ++i) sums[i] += added[i];
    }
#pragma unroll
    for (int i = 0; i < 8; ++i) sums[i] = activated(sums[i], f);
    store_eight(y + pixel * y_step + channel, sums);
  }
  /// The first `count` of them, at any alignment.
  __host__ __device__ void store_some(int64_t pixel, int64_t channel, const float (&sums)[8], int count) const {
#pragma unroll
    for (int i = 0; i < 8; ++i) {
      if (i >= count) break;
      const float added = residual ? to_float(residual[pixel * residual_step + channel + i]) : 0;
      y[pixel * y_step + channel + i] = from_float<T>(activated(sums[i] + added, f));
    }
  }
};

/// Convolution by its definition, in groups: one item is 8 outputs of a group at one pixel. Weights lie
/// [taps, group_channels, groups, 8 * blocks], 0 behind the last output of a group; bias [groups, 8 * blocks].
/// Transposed: tap k of input position i adds to output position i * stride - pad_begin + k * dilation (`in` and `out`
/// of the axes are those of the operator).
template <class T, bool transposed>
struct DirectConvolution {
  PixelBlocks items;  ///< blocks: of all groups
  Divisor blocks;     ///< of one group
  WindowAxis axes[3];
  int group_channels, group_outputs;
  bool whole;  ///< all blocks are 8 outputs, or the padding behind them is of y
  bool wide;   ///< 8 channels at a time can be read
  const T* x;
  int64_t x_step;
  const T* weights;
  const float* bias;
  Epilogue<T> out;

  /// Where tap k of output position o reads; negative: nowhere.
  static __host__ __device__ int position(const WindowAxis& axis, int o, int k) {
    int at = o * axis.stride - axis.pad_begin + k * axis.dilation;
    if (transposed) {
      at = o + axis.pad_begin - k * axis.dilation;
      if (at < 0 || at % axis.stride != 0) return -1;
      at /= axis.stride;
    }
    return at < axis.in ? at : -1;
  }

  __host__ __device__ void add(float (&sums)[8], const T* pixel, const T* row) const {
    const int64_t width = int64_t{items.blocks.divisor} * 8;
    if (wide) {
      for (int c = 0; c < group_channels; c += 8) {
        float channels[8];
        load_eight(pixel + c, channels);
#pragma unroll
        for (int k = 0; k < 8; ++k, row += width) {
          float w[8];
          load_eight(row, w);
#pragma unroll
          for (int i = 0; i < 8; ++i) sums[i] += channels[k] * w[i];
        }
      }
      return;
    }
    for (int c = 0; c < group_channels; ++c, row += width) {
      const float channel = to_float(pixel[c]);
      float w[8];
      load_eight(row, w);
#pragma unroll
      for (int i = 0; i < 8; ++i) sums[i] += channel * w[i];
    }
  }

  __host__ __device__ void operator()(int64_t index) const {
    const PixelBlocks::Position p = items.at(index);
    auto group = static_cast<uint32_t>(p.block);
    const auto block = static_cast<int>(blocks.divide(group));
    const int64_t tap_step = int64_t{items.blocks.divisor} * 8 * group_channels;
    float sums[8];
    load_eight(bias + int64_t{p.block} * 8, sums);
    const T* row = weights + p.block * 8;
    const T* image =
        x + int64_t{p.image} * axes[0].in * axes[1].in * axes[2].in * x_step + int64_t{group} * group_channels;
    for (int kz = 0; kz < axes[0].kernel; ++kz)
      for (int ky = 0; ky < axes[1].kernel; ++ky)
        for (int kx = 0; kx < axes[2].kernel; ++kx, row += tap_step) {
          const int z = position(axes[0], p.z, kz), y = position(axes[1], p.y, ky), x_at = position(axes[2], p.x, kx);
          if (z < 0 || y < 0 || x_at < 0) continue;
          add(sums, image + ((int64_t{z} * axes[1].in + y) * axes[2].in + x_at) * x_step, row);
        }
    const int64_t channel = int64_t{group} * group_outputs + block * 8;
    if (whole)
      out.store(p.pixel, channel, sums);
    else
      out.store_some(p.pixel, channel, sums, group_outputs - block * 8);
  }
};

/// One filter for each channel, in two dimensions: one item is 8 channels of `columns` neighbouring pixels. Weights lie
/// [taps, 8 * blocks], bias [8 * blocks]. kernel > 0: the window's width, with a stride and dilation of 1 along it. late:
/// `before` is applied to what is loaded.
template <class T, int kernel, int columns, bool late>
struct DepthwiseConvolution {
  PixelBlocks items;  ///< width counts groups of columns
  WindowAxis rows, across;
  const T* x;
  int64_t x_step;
  const T* weights;
  const float* bias;
  Epilogue<T> out;
  LoadedActivation before;

  __host__ __device__ void load(const T* from, float (&to)[8]) const {
    load_eight(from, to);
    if constexpr (late) before.apply(to);
  }

  __host__ __device__ void operator()(int64_t index) const {
    const PixelBlocks::Position p = items.at(index);
    const int channel = p.block * 8, width = static_cast<int>(items.blocks.divisor) * 8;
    float sums[columns][8];
#pragma unroll
    for (int o = 0; o < columns; ++o) load_eight(bias + channel, sums[o]);
    const int top = rows.start(p.y), first = p.x * columns, left = across.start(first);
    const int begin = rows.first_tap(top), end = rows.last_tap(top);
    for (int k = begin; k < end; ++k) {
      const T* line = x + (int64_t{p.image} * rows.in + top + k * rows.dilation) * across.in * x_step + channel;
      const T* filter = weights + int64_t{k} * across.kernel * width + channel;
      if constexpr (kernel > 0)
        add_row(sums, line, filter, left, width);
      else
        add_taps(sums[0], line, filter, left, width);
    }
    const int64_t pixel = (int64_t{p.image} * rows.out + p.y) * across.out + first;
#pragma unroll
    for (int o = 0; o < columns; ++o)
      if (first + o < across.out) out.store(pixel + o, channel, sums[o]);
  }

  __host__ __device__ void add_taps(float (&sums)[8], const T* line, const T* filter, int left, int width) const {
    for (int k = across.first_tap(left), end = across.last_tap(left); k < end; ++k) {
      float values[8], w[8];
      load(line + int64_t{left + k * across.dilation} * x_step, values);
      load_eight(filter + k * width, w);
#pragma unroll
      for (int i = 0; i < 8; ++i) sums[i] += values[i] * w[i];
    }
  }

  /// Every pixel of the row is read once for all columns.
  __host__ __device__ void add_row(float (&sums)[columns][8], const T* line, const T* filter, int left,
                                   int width) const {
    constexpr int reach = columns + (kernel > 0 ? kernel : 1) - 1;
    float values[reach][8];
#pragma unroll
    for (int j = 0; j < reach; ++j) {
      const int at = left + j;
      if (at >= 0 && at < across.in) {
        load(line + int64_t{at} * x_step, values[j]);
      } else {
#pragma unroll
        for (float& value : values[j]) value = 0;
      }
    }
#pragma unroll
    for (int k = 0; k < kernel; ++k) {
      float w[8];
      load_eight(filter + k * width, w);
#pragma unroll
      for (int o = 0; o < columns; ++o)
#pragma unroll
        for (int i = 0; i < 8; ++i) sums[o][i] += values[o + k][i] * w[i];
    }
  }
};

}  // namespace cnn::cuda
