// SPDX-License-Identifier: MIT
#pragma once

#include <cfloat>
#include <cmath>

#include "engine/cuda/kernels/eight.h"
#include "engine/cuda/kernels/window.h"
#include "engine/cuda/launch.cuh"

namespace cnn::cuda {

enum class Pooling : uint8_t { Max, Average, Lp };

/// How taps become one number, in fp32: the largest, or a sum of them or of |tap|^p.
struct Pooled {
  Pooling kind = Pooling::Max;
  float p = 2;           ///< Lp
  bool powers = true;    ///< Lp: taps are not yet |tap|^p
  bool finishes = true;  ///< whether result() is wanted, else the sum

  __host__ __device__ float start() const { return kind == Pooling::Max ? -FLT_MAX : 0; }
  __host__ __device__ float with(float held, float tap) const {
    if (kind == Pooling::Max) return tap > held || tap != tap ? tap : held;
    if (kind == Pooling::Lp && powers) tap = p == 2 ? tap * tap : p == 1 ? fabsf(tap) : powf(fabsf(tap), p);
    return held + tap;
  }
  __host__ __device__ float result(float held, float count) const {
    if (!finishes || kind == Pooling::Max) return held;
    if (kind == Pooling::Average) return held / count;
    return p == 2 ? sqrtf(held) : p == 1 ? held : powf(held, 1 / p);
  }
};

/// A window of each output pixel; one item is 8 channels.
template <class T>
struct PoolWindows {
  PixelBlocks items;
  WindowAxis axes[3];
  Pooled pooled;
  bool count_include_pad;
  const T* x;
  int64_t x_step;
  T* y;
  int64_t y_step;

  __host__ __device__ int counted(const WindowAxis& axis, int start) const {
    return count_include_pad ? axis.padded_taps(start) : axis.last_tap(start) - axis.first_tap(start);
  }
  __host__ __device__ void operator()(int64_t index) const {
    const PixelBlocks::Position p = items.at(index);
    const int start[] = {axes[0].start(p.z), axes[1].start(p.y), axes[2].start(p.x)};
    const T* image = x + int64_t{p.image} * axes[0].in * axes[1].in * axes[2].in * x_step + p.block * 8;
    const int x_begin = axes[2].first_tap(start[2]), x_end = axes[2].last_tap(start[2]);
    float held[8];
#pragma unroll
    for (float& value : held) value = pooled.start();
    for (int kz = axes[0].first_tap(start[0]), z_end = axes[0].last_tap(start[0]); kz < z_end; ++kz)
      for (int ky = axes[1].first_tap(start[1]), y_end = axes[1].last_tap(start[1]); ky < y_end; ++ky) {
        const int64_t line =
            (int64_t{start[0] + kz * axes[0].dilation} * axes[1].in + start[1] + ky * axes[1].dilation) * axes[2].in;
        for (int kx = x_begin; kx < x_end; ++kx) {
          float taps[8];
          load_eight(image + (line + start[2] + kx * axes[2].dilation) * x_step, taps);
#pragma unroll
          for (int i = 0; i < 8; ++i) held[i] = pooled.with(held[i], taps[i]);
        }
      }
    const float count =
        static_cast<float>(counted(axes[0], start[0])) * counted(axes[1], start[1]) * counted(axes[2], start[2]);
#pragma unroll
    for (float& value : held) value = pooled.result(value, fmaxf(1, count));
    store_eight(y + p.pixel * y_step + p.block * 8, held);
  }
};

/// All pixels of an image, or of one of `chunks` parts of it. A row is up to 32 channels of a part: four lanes side by
/// side read 8 channels of a pixel each, the next four the next pixel.
template <class T, class Out>
struct PoolPixels {
  Divisor groups, chunks;  ///< of 32 channels, of pixels
  int blocks;              ///< of 8 channels
  int64_t pixels, chunk_pixels;
  float count;  ///< by which Average divides
  Pooled pooled;
  const T* x;
  int64_t x_step;
  Out* y;  ///< [images, chunks], each y_step elements
  int64_t y_step;

  __host__ __device__ void operator()(int64_t row, const Lanes& lanes) const {
    auto rest = static_cast<uint32_t>(row);
    const int group = static_cast<int>(groups.divide(rest));
    const int64_t to = rest, image = chunks.quotient(rest), chunk = to - image * chunks.divisor;
    const int64_t begin = chunk * chunk_pixels, end = begin + chunk_pixels < pixels ? begin + chunk_pixels : pixels;
    const int across = lanes.count < 4 ? 1 : 4;
    for (int b = lanes.index % across; b < 4; b += across) {
      const int block = group * 4 + b;
      float held[8];
#pragma unroll
      for (float& value : held) value = pooled.start();
      if (block < blocks)
        for (int64_t p = begin + lanes.index / across; p < end; p += lanes.count / across) {
          float taps[8];
          load_eight(x + (image * pixels + p) * x_step + block * 8, taps);
#pragma unroll
          for (int i = 0; i < 8; ++i) held[i] = pooled.with(held[i], taps[i]);
        }
      Pooled sums = pooled;
      sums.powers = false;
#pragma unroll
      for (float& value : held)
        for (int mask = lanes.count / 2; mask >= across; mask /= 2)
          value = sums.with(value, lanes.swapped(value, mask));
      if (block >= blocks || lanes.index >= across) continue;
#pragma unroll
      for (float& value : held) value = pooled.result(value, count);
      store_eight(y + to * y_step + block * 8, held);
    }
  }
};

/// The largest tap of each window and its position in the dense [n, c, spatial...] input, spatial axes reversed if
/// `column_major`; one item is one channel.
template <class T>
struct PoolPositions {
  PixelBlocks items;  ///< blocks: channels
  WindowAxis axes[3];
  bool column_major;
  const T* x;
  int64_t x_step;
  T* y;
  int64_t y_step;
  int64_t* indices;
  int64_t index_pixel, index_channel, index_image;  ///< elements between neighbours

  __host__ __device__ void operator()(int64_t index) const {
    const PixelBlocks::Position p = items.at(index);
    const int64_t d = axes[0].in, h = axes[1].in, w = axes[2].in, channels = items.blocks.divisor;
    const int start[] = {axes[0].start(p.z), axes[1].start(p.y), axes[2].start(p.x)};
    float best = -FLT_MAX;
    int64_t where = 0;
    bool found = false;
    for (int kz = axes[0].first_tap(start[0]); kz < axes[0].last_tap(start[0]); ++kz)
      for (int ky = axes[1].first_tap(start[1]); ky < axes[1].last_tap(start[1]); ++ky)
        for (int kx = axes[2].first_tap(start[2]); kx < axes[2].last_tap(start[2]); ++kx) {
          const int64_t pz = start[0] + kz * axes[0].dilation, py = start[1] + ky * axes[1].dilation;
          const int64_t px = start[2] + kx * axes[2].dilation;
          const float tap = to_float(x[(((p.image * d + pz) * h + py) * w + px) * x_step + p.block]);
          if (found && !(tap > best)) continue;
          best = tap;
          where = column_major ? pz + d * (py + h * px) : (pz * h + py) * w + px;
          found = true;
        }
    y[p.pixel * y_step + p.block] = from_float<T>(best);
    const int64_t pixels = int64_t{axes[0].out} * axes[1].out * axes[2].out;
    indices[p.image * index_image + p.block * index_channel + (p.pixel - p.image * pixels) * index_pixel] =
        (p.image * channels + p.block) * d * h * w + where;
  }
};

}  // namespace cnn::cuda
