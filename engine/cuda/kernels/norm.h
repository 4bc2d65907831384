// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>

#include "engine/cuda/kernels/activation.h"
#include "engine/cuda/kernels/eight.h"
#include "engine/cuda/kernels/strided.h"
#include "engine/cuda/launch.cuh"
#include "engine/kernels/norm.h"

namespace cnn::cuda {

/// y = f(x factor + summand) over a loop with operands y, x, and the two vectors, for `width` neighbours at a time: 1,
/// or 8 where group_by_eight() has grouped the loop and vectors do not repeat along its innermost axis.
template <class T, int width>
struct ChannelAffine {
  StridedLoop<3> loop;
  Activation f;
  T* y;
  const T* x;
  const float *factor, *summand;

  __host__ __device__ void operator()(int64_t index) const {
    int64_t at[3];
    loop.locate(index, at);
    if constexpr (width == 1) {
      y[at[0]] = from_float<T>(activated(to_float(x[at[1]]) * factor[at[2]] + summand[at[2]], f));
    } else {
      float values[8], a[8], b[8];
      load_eight(x + at[1], values);
      load_eight(factor + at[2], a);
      load_eight(summand + at[2], b);
#pragma unroll
      for (int i = 0; i < 8; ++i) values[i] = activated(values[i] * a[i] + b[i], f);
      store_eight(y + at[0], values);
    }
  }
};

/// Factor and summand of a BatchNormalization whose statistics come at run time.
template <class T>
struct FoldStatistics {
  const T *scale, *shift, *mean, *variance;
  float epsilon;
  float *factor, *summand;

  __host__ __device__ void operator()(int64_t c) const {
    factor[c] = to_float(scale[c]) / sqrtf(to_float(variance[c]) + epsilon);
    summand[c] = to_float(shift[c]) - to_float(mean[c]) * factor[c];
  }
};

/// LrnParameters on pixels; an item is one channel.
template <class T>
struct LocalResponse {
  LrnParameters parameters;
  Divisor channels;
  const T* x;
  int64_t x_step;
  T* y;
  int64_t y_step;

  __host__ __device__ void operator()(int64_t index) const {
    auto pixel = static_cast<uint32_t>(index);
    const auto c = static_cast<int64_t>(channels.divide(pixel));
    const T* from = x + pixel * x_step;
    const int64_t before = (parameters.size - 1) / 2, after = parameters.size / 2, last = int64_t{channels.divisor} - 1;
    float sum = 0;
    for (int64_t i = c > before ? c - before : 0, end = c + after < last ? c + after : last; i <= end; ++i) {
      const float value = to_float(from[i]);
      sum += value * value;
    }
    const float scale = parameters.bias + parameters.alpha / static_cast<float>(parameters.size) * sum;
    y[pixel * y_step + c] = from_float<T>(to_float(from[c]) * powf(scale, -parameters.beta));
  }
};

enum class GroupStatistics : uint8_t { MeanVariance, MeanDeviation, Rms, L1, L2 };

/// What is subtracted from and multiplied to a group whose elements a row of lanes reads: each(read) calls read(x) for
/// those of this lane.
struct GroupMoments {
  GroupStatistics kind;
  float epsilon, count;

  template <class Each>
  __host__ __device__ void of(const Lanes& lanes, Each&& each, float& mean, float& factor) const {
    const bool centred = kind == GroupStatistics::MeanVariance || kind == GroupStatistics::MeanDeviation;
    float sum = 0, squares = 0;
    factor = 1;
    if (centred || kind == GroupStatistics::L1) each([&](float x) { sum += centred ? x : fabsf(x); });
    sum = lanes.sum(sum);
    mean = centred ? sum / count : 0;
    if (kind != GroupStatistics::L1) each([&](float x) { squares += (x - mean) * (x - mean); });
    squares = lanes.sum(squares);
    switch (kind) {
      case GroupStatistics::MeanVariance:
      case GroupStatistics::Rms: factor = 1 / sqrtf(squares / count + epsilon); break;
      case GroupStatistics::MeanDeviation: factor = 1 / (sqrtf(squares / count) + epsilon); break;
      case GroupStatistics::L1: factor = sum == 0 ? 0 : 1 / sum; break;
      case GroupStatistics::L2: factor = squares == 0 ? 0 : 1 / sqrtf(squares); break;
    }
  }
};

/// y = (x - mean) factor scale + bias for groups of elements; a row is a group. Loops have operands x, y, scale, bias.
template <class T>
struct NormaliseGroups {
  StridedLoop<4> groups, inside;
  int64_t count;  ///< of a group
  GroupMoments moments;
  const T *x, *scale, *bias;  ///< scale, bias: null for 1 and 0
  T *y, *means, *factors;     ///< means, factors: null where they are not wanted, else one a group

  __host__ __device__ void operator()(int64_t group, const Lanes& lanes) const {
    int64_t first[4];
    groups.locate(group, first);
    float mean, factor;
    moments.of(
        lanes,
        [&](auto&& read) {
          for (int64_t i = lanes.index; i < count; i += lanes.count) {
            int64_t at[4];
            inside.locate(i, at);
            read(to_float(x[first[0] + at[0]]));
          }
        },
        mean, factor);
    for (int64_t i = lanes.index; i < count; i += lanes.count) {
      int64_t at[4];
      inside.locate(i, at);
      const float scaled =
          (to_float(x[first[0] + at[0]]) - mean) * factor * (scale ? to_float(scale[first[2] + at[2]]) : 1);
      y[first[1] + at[1]] = from_float<T>(scaled + (bias ? to_float(bias[first[3] + at[3]]) : 0));
    }
    if (lanes.index == 0 && means) means[group] = from_float<T>(mean);
    if (lanes.index == 0 && factors) factors[group] = from_float<T>(factor);
  }
};

/// The same for groups that are dense rows of a multiple of 8 elements, with one scale and bias for all rows.
template <class T>
struct NormaliseRows {
  int64_t columns, x_step, y_step;
  GroupMoments moments;
  const T *x, *scale, *bias;
  T *y, *means, *factors;

  __host__ __device__ void operator()(int64_t row, const Lanes& lanes) const {
    const T* from = x + row * x_step;
    float mean, factor;
    moments.of(
        lanes,
        [&](auto&& read) {
          for (int64_t i = lanes.index * 8; i < columns; i += lanes.count * 8) {
            float values[8];
            load_eight(from + i, values);
#pragma unroll
            for (float value : values) read(value);
          }
        },
        mean, factor);
    for (int64_t i = lanes.index * 8; i < columns; i += lanes.count * 8) {
      float values[8], a[8], b[8] = {};
      load_eight(from + i, values);
      if (scale) load_eight(scale + i, a);
      if (bias) load_eight(bias + i, b);
#pragma unroll
      for (int k = 0; k < 8; ++k) values[k] = (values[k] - mean) * factor * (scale ? a[k] : 1) + b[k];
      store_eight(y + row * y_step + i, values);
    }
    if (lanes.index == 0 && means) means[row] = from_float<T>(mean);
    if (lanes.index == 0 && factors) factors[row] = from_float<T>(factor);
  }
};

}  // namespace cnn::cuda
