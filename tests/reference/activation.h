// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>

#include "engine/kernels/activation.h"

namespace cnn::reference {

/// The definition of each activation, in double precision.
inline double activate(const Activation& activation, double x) {
  const double alpha = activation.alpha, beta = activation.beta;
  switch (activation.kind) {
    case ActivationKind::None:
      return x;
    case ActivationKind::Relu:
      return std::max(0.0, x);
    case ActivationKind::LeakyRelu:
      return x < 0 ? alpha * x : x;
    case ActivationKind::Clip:
      return std::min(beta, std::max(alpha, x));
    case ActivationKind::HardSwish:
      return x * std::max(0.0, std::min(1.0, x / 6 + 0.5));
    case ActivationKind::HardSigmoid:
      return std::max(0.0, std::min(1.0, alpha * x + beta));
    case ActivationKind::Sigmoid:
      return 1 / (1 + std::exp(-x));
    case ActivationKind::Tanh:
      return std::tanh(x);
    case ActivationKind::Erf:
      return std::erf(x);
    case ActivationKind::Gelu:
      return x / 2 * (1 + std::erf(x / std::sqrt(2.0)));
    case ActivationKind::Swish:
      return x / (1 + std::exp(-x));
  }
  return x;
}

}  // namespace cnn::reference
