// SPDX-License-Identifier: MIT
#pragma once

#include "engine/cuda/kernels/eight.h"
#include "engine/cuda/kernels/frame_shape.h"

namespace cnn::cuda {

/// A frame to one image of a network's input, as FramePlan says. An item is a pixel.
template <class T>
struct FramePixels {
  FrameShape shape;
  T* image;

  __host__ __device__ static int sample_at(const FrameComponent& c, const uint8_t* sample) {
    if (c.deep_shift == 0) return *sample;
    const int value = (sample[0] + 256 * sample[1] + (1 << (c.deep_shift - 1))) >> c.deep_shift;
    return value < 255 ? value : 255;
  }
  /// In units of 1 << weight_bits, cut to 0 .. 255 of them.
  __host__ __device__ static int down_a_column(const FrameComponent& c, const uint8_t* column, int row) {
    const int16_t* weights = c.rows.weights + row * c.rows.taps;
    const uint8_t* sample = column + c.rows.first[row] * c.stride;
    const int used = c.rows.used[row];
    int sum = 0;
    for (int k = 0; k < used; ++k, sample += c.stride) sum += weights[k] * sample_at(c, sample);
    constexpr int highest = 255 << FrameFilter::weight_bits;
    return sum < 0 ? 0 : sum < highest ? sum : highest;
  }
  __host__ __device__ static float component(const FrameComponent& c, int column, int row) {
    const int16_t* weights = c.columns.weights + column * c.columns.taps;
    const uint8_t* samples = c.bytes + c.origin + int64_t{c.columns.first[column]} * c.step;
    const int used = c.columns.used[column];
    float sum = 0;
    for (int k = 0; k < used; ++k, samples += c.step)
      sum += static_cast<float>(weights[k]) * static_cast<float>(down_a_column(c, samples, row));
    constexpr float unit = 1.0f / (1 << FrameFilter::weight_bits);
    return fminf(255.0f, fmaxf(0.0f, sum * (unit * unit)));
  }
  __host__ __device__ void store_folded(int at_x, int at_y, const float (&values)[8]) const {
    T* pixel = image + at_y / 2 * shape.row_step + at_x / 2 * shape.pixel_step;
    const int part = at_y % 2 * 2 + at_x % 2;
#pragma unroll
    for (int i = 0; i < 3; ++i) pixel[part * 3 + i] = from_float<T>(values[i]);
    for (int i = 12; part == 3 && i < shape.padded; ++i) pixel[i] = from_float<T>(0);
  }
  __host__ __device__ void operator()(int64_t index) const {
    auto whole = static_cast<uint32_t>(index);
    const int at_x = static_cast<int>(shape.width.divide(whole)), at_y = static_cast<int>(whole);
    const int column = at_x - shape.x, row = at_y - shape.y;
    float values[8] = {};
    if (at_x >= shape.input_columns || at_y >= shape.input_rows) {
      // Zeros: what an odd size folds beyond its edge.
    } else if (column < 0 || row < 0 || column >= shape.columns || row >= shape.rows) {
#pragma unroll
      for (int i = 0; i < 3; ++i) values[i] = i < shape.outputs ? shape.fill[i] : 0;
    } else {
      float in[3] = {};
#pragma unroll
      for (int k = 0; k < 3; ++k)
        if (k < shape.inputs) in[k] = component(shape.components[k], column, row);
#pragma unroll
      for (int i = 0; i < 3; ++i) {
        if (i >= shape.outputs) continue;
        float value = shape.offset[i];
#pragma unroll
        for (int k = 0; k < 3; ++k)
          if (k < shape.inputs) value += shape.matrix[i][k] * in[k];
        values[i] = fminf(255.0f, fmaxf(0.0f, value)) * shape.scale[i] + shape.bias[i];
      }
    }
    if (shape.folded) return store_folded(at_x, at_y, values);
    T* to = image + at_y * shape.row_step + at_x * shape.pixel_step;
    if (shape.by_eight) return store_eight(to, values);
#pragma unroll
    for (int i = 0; i < 3; ++i)
      if (i < shape.outputs) to[i * shape.channel_step] = from_float<T>(values[i]);
    for (int i = shape.outputs; i < shape.padded; ++i) to[i * shape.channel_step] = from_float<T>(0);
  }
};

}  // namespace cnn::cuda
