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

}  // namespace cnn::cuda
