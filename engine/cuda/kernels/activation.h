// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>

#include "engine/cuda/number.h"
#include "engine/kernels/activation.h"

namespace cnn::cuda {

/// f(x) of an Activation in fp32; see there for the functions.
__host__ __device__ inline float activated(float x, const Activation& f) {
  switch (f.kind) {
    case ActivationKind::None: return x;
    case ActivationKind::Relu: return x < 0 ? 0 : x;
    case ActivationKind::LeakyRelu: return x < 0 ? f.alpha * x : x;
    case ActivationKind::Clip: return x < f.alpha ? f.alpha : x > f.beta ? f.beta : x;
    case ActivationKind::HardSwish: return x * fminf(1, fmaxf(0, x / 6 + 0.5f));
    case ActivationKind::HardSigmoid: return fminf(1, fmaxf(0, f.alpha * x + f.beta));
    case ActivationKind::Sigmoid: return 1 / (1 + expf(-x));
    case ActivationKind::Tanh: return tanhf(x);
    case ActivationKind::Erf: return erff(x);
    case ActivationKind::Gelu: return 0.5f * x * (1 + erff(x * 0.70710678f));
    case ActivationKind::Swish: return x / (1 + expf(-x));
  }
  return x;
}

/// Clip or HardSwish, for what is loaded: the other functions' code would only take registers there.
struct LoadedActivation {
  bool swish = false;
  float low = 0, high = 0;

  LoadedActivation() = default;
  explicit LoadedActivation(const Activation& f)
      : swish(f.kind == ActivationKind::HardSwish), low(f.alpha), high(f.beta) {}
  __host__ __device__ void apply(float (&x)[8]) const {
#pragma unroll
    for (float& value : x)
      value = swish ? value * fminf(1, fmaxf(0, value / 6 + 0.5f)) : value < low ? low : value > high ? high : value;
  }
};

}  // namespace cnn::cuda
