// SPDX-License-Identifier: MIT
#pragma once

#include "engine/cuda/kernels/activation.h"

namespace cnn::cuda {

/// Functions that Elementwise applies. Each follows the CPU's operator of that name.

struct ActivationFunction {
  static constexpr bool makes_bool = false, by_eights = true;
  Activation f;
  __host__ __device__ float operator()(const float (&x)[1]) const { return activated(x[0], f); }
};

enum class PairKind : uint8_t { Add, Sub, Mul, Div, Min, Max, Slope, Pow, Mod, FlooredMod };

__host__ __device__ inline float combined(PairKind kind, float a, float b) {
  switch (kind) {
    case PairKind::Add: return a + b;
    case PairKind::Sub: return a - b;
    case PairKind::Mul: return a * b;
    case PairKind::Div: return a / b;
    case PairKind::Min: return a < b || a != a ? a : b;
    case PairKind::Max: return a > b || a != a ? a : b;
    case PairKind::Slope: return a < 0 ? a * b : a;
    case PairKind::Pow: return b == 2 ? a * a : powf(a, b);
    case PairKind::Mod: return fmodf(a, b);
    case PairKind::FlooredMod: {
      const float rest = fmodf(a, b);
      if (rest == 0) return copysignf(0, b);
      return (rest < 0) != (b < 0) ? rest + b : rest;
    }
  }
  return a;
}

struct PairFunction {
  static constexpr bool makes_bool = false, by_eights = true;
  PairKind kind;
  __host__ __device__ float operator()(const float (&x)[2]) const {
    // Pow and Mod are seldom of two tensors: their code would only take registers here.
    return kind < PairKind::Pow ? combined(kind, x[0], x[1]) : x[0];
  }
};

struct RarePairFunction {
  static constexpr bool makes_bool = false, by_eights = false;
  PairKind kind;
  __host__ __device__ float operator()(const float (&x)[2]) const { return combined(kind, x[0], x[1]); }
};

/// x[0] sigmoid(alpha x[0]) x[1].
struct GateFunction {
  static constexpr bool makes_bool = false, by_eights = false;
  float alpha;
  __host__ __device__ float operator()(const float (&x)[2]) const { return x[0] / (1 + expf(-alpha * x[0])) * x[1]; }
};

/// With a scalar that keeps its fp32 precision, on the left if `reversed`.
struct ScalarFunction {
  static constexpr bool makes_bool = false, by_eights = true;
  PairKind kind;
  bool reversed;
  float scalar;
  __host__ __device__ float operator()(const float (&x)[1]) const {
    return reversed ? combined(kind, scalar, x[0]) : combined(kind, x[0], scalar);
  }
};

/// min(high, max(low, x)) with bounds that come at run time.
struct BoundsFunction {
  static constexpr bool makes_bool = false, by_eights = false;
  __host__ __device__ float operator()(const float (&x)[3]) const {
    return x[0] < x[1] ? fminf(x[1], x[2]) : x[0] > x[2] ? x[2] : x[0];
  }
};

enum class TestKind : uint8_t { Equal, Less, LessOrEqual, Greater, GreaterOrEqual };

struct TestFunction {
  static constexpr bool makes_bool = true, by_eights = false;
  TestKind kind;
  __host__ __device__ float operator()(const float (&x)[2]) const {
    switch (kind) {
      case TestKind::Equal: return x[0] == x[1];
      case TestKind::Less: return x[0] < x[1];
      case TestKind::LessOrEqual: return x[0] <= x[1];
      case TestKind::Greater: return x[0] > x[1];
      case TestKind::GreaterOrEqual: return x[0] >= x[1];
    }
    return 0;
  }
};

enum class MathKind : uint8_t {
  Swish,
  Elu,
  Selu,
  Celu,
  ThresholdedRelu,
  Shrink,
  Mish,
  Softplus,
  Softsign,
  Gelu,
  Exp,
  Log,
  Sqrt,
  Reciprocal,
  Abs,
  Neg,
  Sign,
  Floor,
  Ceil,
  Round,
  Sin,
  Cos,
  Tan,
  Asin,
  Acos,
  Atan,
  Sinh,
  Cosh,
  Asinh,
  Acosh,
  Atanh
};

__host__ __device__ inline float softplus(float x) { return fmaxf(x, 0.0f) + log1pf(expf(-fabsf(x))); }

/// Unary operators that no Activation stands for. `alpha` and `beta` are the operator's attributes.
struct MathFunction {
  static constexpr bool makes_bool = false, by_eights = false;
  MathKind kind;
  float alpha, beta;
  __host__ __device__ float operator()(const float (&operand)[1]) const {
    const float x = operand[0];
    switch (kind) {
      case MathKind::Swish: return x / (1 + expf(-alpha * x));
      case MathKind::Elu: return x < 0 ? alpha * expm1f(x) : x;
      case MathKind::Selu: return beta * (x <= 0 ? alpha * expm1f(x) : x);
      case MathKind::Celu: return x < 0 ? alpha * expm1f(x / alpha) : x;
      case MathKind::ThresholdedRelu: return x > alpha ? x : 0;
      case MathKind::Shrink: return x < -beta ? x + alpha : x > beta ? x - alpha : 0;
      case MathKind::Mish: return x * tanhf(softplus(x));
      case MathKind::Softplus: return softplus(x);
      case MathKind::Softsign: return x / (1 + fabsf(x));
      case MathKind::Gelu: return 0.5f * x * (1 + tanhf(0.79788456080286536f * (x + 0.044715f * x * x * x)));
      case MathKind::Exp: return expf(x);
      case MathKind::Log: return logf(x);
      case MathKind::Sqrt: return sqrtf(x);
      case MathKind::Reciprocal: return 1 / x;
      case MathKind::Abs: return fabsf(x);
      case MathKind::Neg: return -x;
      case MathKind::Sign: return x > 0 ? 1 : x < 0 ? -1 : x;
      case MathKind::Floor: return floorf(x);
      case MathKind::Ceil: return ceilf(x);
      case MathKind::Round: return nearbyintf(x);
      case MathKind::Sin: return sinf(x);
      case MathKind::Cos: return cosf(x);
      case MathKind::Tan: return tanf(x);
      case MathKind::Asin: return asinf(x);
      case MathKind::Acos: return acosf(x);
      case MathKind::Atan: return atanf(x);
      case MathKind::Sinh: return sinhf(x);
      case MathKind::Cosh: return coshf(x);
      case MathKind::Asinh: return asinhf(x);
      case MathKind::Acosh: return acoshf(x);
      case MathKind::Atanh: return atanhf(x);
    }
    return x;
  }
};

/// IsNaN, and IsInf where `positive` or `negative` is set.
struct SpecialFunction {
  static constexpr bool makes_bool = true, by_eights = false;
  bool nan, positive, negative;
  __host__ __device__ float operator()(const float (&x)[1]) const {
    return (nan && x[0] != x[0]) || (positive && x[0] == INFINITY) || (negative && x[0] == -INFINITY);
  }
};

}  // namespace cnn::cuda
