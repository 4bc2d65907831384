// SPDX-License-Identifier: MIT
// Activations on Highway vectors; include after hwy/highway.h in a file that uses hwy/foreach_target.h.
//
//   with_activation(activation.kind, [&](auto kind) HWY_ATTR {          // once per call
//     const auto alpha = hn::Set(d, activation.alpha), beta = hn::Set(d, activation.beta);
//     for (...) hn::StoreU(activate<kind>(d, hn::LoadU(d, x + i), alpha, beta), d, y + i);
//   });
#if defined(CNN_ACTIVATION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CNN_ACTIVATION_INL_H_
#undef CNN_ACTIVATION_INL_H_
#else
#define CNN_ACTIVATION_INL_H_
#endif

#include <type_traits>

#include "engine/kernels/activation.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// e^x within 2 ulp for every x: 0 and subnormal results below, infinity above, NaN for NaN. Cephes' expf polynomial;
/// the power of two is applied in two factors, so that both ends of the range are exact.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V exponential(D d, V x) {
  const hn::RebindToSigned<D> di;
  // The bound comes first: x86's Min and Max return their second operand for NaN.
  const V clamped = hn::Min(hn::Set(d, 89.0f), hn::Max(hn::Set(d, -104.0f), x));
  const auto n = hn::NearestInt(hn::Mul(clamped, hn::Set(d, 1.44269504088896341f)));
  const V whole = hn::ConvertTo(d, n);
  V r = hn::NegMulAdd(whole, hn::Set(d, 0.693359375f), clamped);
  r = hn::NegMulAdd(whole, hn::Set(d, -2.12194440e-4f), r);
  V p = hn::MulAdd(hn::Set(d, 1.9875691500e-4f), r, hn::Set(d, 1.3981999507e-3f));
  p = hn::MulAdd(p, r, hn::Set(d, 8.3334519073e-3f));
  p = hn::MulAdd(p, r, hn::Set(d, 4.1665795894e-2f));
  p = hn::MulAdd(p, r, hn::Set(d, 1.6666665459e-1f));
  p = hn::MulAdd(p, r, hn::Set(d, 5.0000001201e-1f));
  p = hn::Add(hn::MulAdd(p, hn::Mul(r, r), r), hn::Set(d, 1.0f));
  const auto half = hn::ShiftRight<1>(n);
  const auto power = [&](auto exponent) HWY_ATTR {
    return hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(exponent, hn::Set(di, 127))));
  };
  return hn::Mul(hn::Mul(p, power(half)), power(hn::Sub(n, half)));
}

/// 1 / (1 + e^-x); never NaN for a number.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V sigmoid(D d, V x) {
  const V one = hn::Set(d, 1.0f);
  return hn::Div(one, hn::Add(one, exponential(d, hn::Neg(x))));
}

/// Within a few ulp everywhere: Cephes' tanhf, a polynomial below 0.625 and 1 - 2 / (e^2|x| + 1) above.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V hyperbolic_tangent(D d, V x) {
  const V one = hn::Set(d, 1.0f), two = hn::Set(d, 2.0f);
  const V magnitude = hn::Abs(x);
  const V large = hn::Sub(one, hn::Div(two, hn::Add(exponential(d, hn::Add(magnitude, magnitude)), one)));
  const V z = hn::Mul(x, x);
  V p = hn::MulAdd(hn::Set(d, -5.70498872745e-3f), z, hn::Set(d, 2.06390887954e-2f));
  p = hn::MulAdd(p, z, hn::Set(d, -5.37397155531e-2f));
  p = hn::MulAdd(p, z, hn::Set(d, 1.33314422036e-1f));
  p = hn::MulAdd(p, z, hn::Set(d, -3.33332819422e-1f));
  const V small = hn::MulAdd(hn::Mul(p, z), x, x);
  return hn::IfThenElse(hn::Lt(magnitude, hn::Set(d, 0.625f)), small, hn::CopySign(large, x));
}

/// f(x) of `kind`, lane by lane. `alpha` and `beta` hold Activation::alpha and beta in every lane. NaN stays NaN.
template <ActivationKind kind, class D, class V = hn::Vec<D>>
HWY_INLINE V activate(D d, V x, V alpha, V beta) {
  using Kind = ActivationKind;
  [[maybe_unused]] const V zero = hn::Zero(d);
  [[maybe_unused]] const V one = hn::Set(d, 1.0f);
  if constexpr (kind == Kind::Relu) return hn::Max(zero, x);
  if constexpr (kind == Kind::LeakyRelu) return hn::IfThenElse(hn::Lt(x, zero), hn::Mul(x, alpha), x);
  if constexpr (kind == Kind::Clip) return hn::Min(beta, hn::Max(alpha, x));
  if constexpr (kind == Kind::HardSwish) {
    const V gate = hn::MulAdd(x, hn::Set(d, 1.0f / 6), hn::Set(d, 0.5f));
    return hn::Mul(x, hn::Min(one, hn::Max(zero, gate)));
  }
  if constexpr (kind == Kind::HardSigmoid) return hn::Min(one, hn::Max(zero, hn::MulAdd(alpha, x, beta)));
  if constexpr (kind == Kind::Sigmoid) return sigmoid(d, x);
  if constexpr (kind == Kind::Tanh) return hyperbolic_tangent(d, x);
  if constexpr (kind == Kind::Swish) return hn::Mul(x, sigmoid(d, x));
  return x;
}

/// Calls function(std::integral_constant<ActivationKind, kind>{}): the switch stays outside the loops.
template <class Function>
HWY_INLINE void with_activation(ActivationKind kind, Function&& function) {
  using Kind = ActivationKind;
  switch (kind) {
    case Kind::Relu: return function(std::integral_constant<Kind, Kind::Relu>{});
    case Kind::LeakyRelu: return function(std::integral_constant<Kind, Kind::LeakyRelu>{});
    case Kind::Clip: return function(std::integral_constant<Kind, Kind::Clip>{});
    case Kind::HardSwish: return function(std::integral_constant<Kind, Kind::HardSwish>{});
    case Kind::HardSigmoid: return function(std::integral_constant<Kind, Kind::HardSigmoid>{});
    case Kind::Sigmoid: return function(std::integral_constant<Kind, Kind::Sigmoid>{});
    case Kind::Tanh: return function(std::integral_constant<Kind, Kind::Tanh>{});
    case Kind::Swish: return function(std::integral_constant<Kind, Kind::Swish>{});
    case Kind::None: break;
  }
  return function(std::integral_constant<Kind, Kind::None>{});
}

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#endif  // CNN_ACTIVATION_INL_H_
