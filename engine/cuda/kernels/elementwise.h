// SPDX-License-Identifier: MIT
#pragma once

#include "engine/cuda/kernels/eight.h"
#include "engine/cuda/kernels/strided.h"

namespace cnn::cuda {

/// y = f({x[0], x[1] ...}) over a loop with operands y, x[0], x[1] ...; f computes in fp32.
template <class F, class Out, class T, int inputs>
struct Elementwise {
  StridedLoop<inputs + 1> loop;
  F f;
  Out* y;
  const T* x[inputs];

  __host__ __device__ void operator()(int64_t index) const {
    int64_t at[inputs + 1];
    loop.locate(index, at);
    float operands[inputs];
#pragma unroll
    for (int i = 0; i < inputs; ++i) operands[i] = to_float(x[i][at[i + 1]]);
    y[at[0]] = from_float<Out>(f(operands));
  }
};

/// The same for a loop that group_by_eight() has grouped.
template <class F, class T, int inputs>
struct ElementwiseEight {
  StridedLoop<inputs + 1> loop;
  F f;
  T* y;
  const T* x[inputs];
  bool repeats[inputs];  ///< whether all of a group's eight are one element

  __host__ __device__ void operator()(int64_t index) const {
    int64_t at[inputs + 1];
    loop.locate(index, at);
    float operands[inputs][8], result[8];
#pragma unroll
    for (int i = 0; i < inputs; ++i) {
      if (repeats[i]) {
        const float one = to_float(x[i][at[i + 1]]);
#pragma unroll
        for (float& value : operands[i]) value = one;
      } else {
        load_eight(x[i] + at[i + 1], operands[i]);
      }
    }
#pragma unroll
    for (int k = 0; k < 8; ++k) {
      float of_one[inputs];
#pragma unroll
      for (int i = 0; i < inputs; ++i) of_one[i] = operands[i][k];
      result[k] = f(of_one);
    }
    store_eight(y + at[0], result);
  }
};

}  // namespace cnn::cuda
