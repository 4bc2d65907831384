// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace cnn {

/// Element-wise functions that convolutions, dense layers and element-wise kernels apply to what they store.
enum class ActivationKind : uint8_t { None, Relu, LeakyRelu, Clip, HardSwish, HardSigmoid, Sigmoid, Tanh, Erf, Gelu, Swish };

/// y = f(x); `alpha` and `beta` are LeakyRelu's slope (alpha), Clip's bounds (min alpha, max beta), HardSigmoid's alpha and
/// beta (max(0, min(1, alpha x + beta))); the others take none. HardSwish: x max(0, min(1, x/6 + 1/2)). Swish: x sigmoid(x).
/// Gelu: x/2 (1 + erf(x / sqrt(2))).
struct Activation {
  ActivationKind kind = ActivationKind::None;
  float alpha = 0;
  float beta = 0;
};

}  // namespace cnn
