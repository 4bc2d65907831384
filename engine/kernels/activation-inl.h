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

/// e^(sign x) = mantissa * 2^n for x within +-104 and a sign of 1 or -1; the mantissa within 4 ulp. `power` is n with
/// power_offset added, whose 9 low bits are zero.
template <class V, class I>
struct SplitExponential {
  V mantissa;
  I power;
};
constexpr float rounding = 12582912.0f;  // 1.5 * 2^23
constexpr int32_t power_offset = 0x4B400000;
template <class D, class V = hn::Vec<D>, class I = hn::Vec<hn::RebindToSigned<D>>>
HWY_INLINE SplitExponential<V, I> split_exponential(D d, V x, float sign = 1) {
  // Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits: cheaper than conversions with their range
  // checks.
  const V shifted = hn::MulAdd(x, hn::Set(d, sign * 1.44269504f), hn::Set(d, rounding));
  const V n = hn::Sub(shifted, hn::Set(d, rounding));
  // r = x - sign n ln(2), within half of ln(2).
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL || HWY_TARGET == HWY_NEON
  const V r = hn::NegMulAdd(n, hn::Set(d, sign * 0.69314718f), x);  // off by n 2e-9, the constant's error: fused
#else
  V r = hn::NegMulAdd(n, hn::Set(d, sign * 0.693359375f), x);  // exact, since the constant has few bits
  r = hn::NegMulAdd(n, hn::Set(d, sign * -2.12194440e-4f), r);
#endif
  // Minimax, relative error below 1.6 * 2^-24.
  V p = hn::MulAdd(hn::Set(d, sign * 0.00829031479f), r, hn::Set(d, 0.0418979308f));
  p = hn::MulAdd(p, r, hn::Set(d, sign * 0.166676357f));
  p = hn::MulAdd(p, r, hn::Set(d, 0.499991502f));
  p = hn::MulAdd(p, r, hn::Set(d, sign * 0.999999745f));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0f));
  return {p, hn::BitCast(hn::RebindToSigned<D>(), shifted)};
}

/// 2^power for -126 <= power <= 127.
template <class D, class I>
HWY_INLINE hn::Vec<D> power_of_two(D d, I power) {
  return hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(power, hn::Set(hn::RebindToSigned<D>(), 127))));
}

/// e^x within 4 ulp for every x: 0 and subnormal results below, infinity above, NaN for NaN. The power of two is
/// applied in two factors, so that both ends of the range are exact.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V exponential(D d, V x) {
  // The bound comes first: x86's Min and Max return their second operand for NaN.
  const auto split = split_exponential(d, hn::Min(hn::Set(d, 89.0f), hn::Max(hn::Set(d, -104.0f), x)));
  const auto power = hn::Sub(split.power, hn::Set(hn::RebindToSigned<D>(), power_offset));
  const auto half = hn::ShiftRight<1>(power);
  return hn::Mul(hn::Mul(split.mantissa, power_of_two(d, half)), power_of_two(d, hn::Sub(power, half)));
}

/// a / b within 2 ulp, where b and 1 / b are normal numbers.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V quotient(D d, V a, V b) {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
  // 14 bits and one Newton step: a quarter of the time of 512-bit division.
  const V y = hn::ApproximateReciprocal(b);
  return hn::Mul(a, hn::MulAdd(y, hn::NegMulAdd(b, y, hn::Set(d, 1.0f)), y));
#else
  (void)d;
  return hn::Div(a, b);  // beside the polynomials at no cost: other units of the core work on it
#endif
}

/// a / (1 + e^-x) for x within +-87, within 4 ulp.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V scaled_sigmoid(D d, V a, V x) {
  const hn::RebindToSigned<D> di;
  const auto split = split_exponential(d, x, -1);
  const V power = hn::BitCast(d, hn::Add(hn::BitCast(di, split.mantissa), hn::ShiftLeft<23>(split.power)));
  return quotient(d, a, hn::Add(power, hn::Set(d, 1.0f)));
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

/// Within 8 ulp: an odd rational function up to 4, beyond which erf is 1 to all digits. Coefficients of a minimax fit, as in Eigen.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V error_function(D d, V x) {
  // The bound comes first: x86's Min and Max return their second operand for NaN.
  x = hn::Min(hn::Set(d, 4.0f), hn::Max(hn::Set(d, -4.0f), x));
  const V z = hn::Mul(x, x);
  V p = hn::MulAdd(hn::Set(d, -2.72614225801306e-10f), z, hn::Set(d, 2.77068142495902e-08f));
  p = hn::MulAdd(p, z, hn::Set(d, -2.10102402082508e-06f));
  p = hn::MulAdd(p, z, hn::Set(d, -5.69250639462346e-05f));
  p = hn::MulAdd(p, z, hn::Set(d, -7.34990630326855e-04f));
  p = hn::MulAdd(p, z, hn::Set(d, -2.95459980854025e-03f));
  p = hn::MulAdd(p, z, hn::Set(d, -1.60960333262415e-02f));
  V q = hn::MulAdd(hn::Set(d, -1.45660718464996e-05f), z, hn::Set(d, -2.13374055278905e-04f));
  q = hn::MulAdd(q, z, hn::Set(d, -1.68282697438203e-03f));
  q = hn::MulAdd(q, z, hn::Set(d, -7.37332916720468e-03f));
  q = hn::MulAdd(q, z, hn::Set(d, -1.42647390514189e-02f));
  return quotient(d, hn::Mul(x, p), q);
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
  // The bound comes first: x86's Min and Max return their second operand for NaN.
  [[maybe_unused]] const V most = hn::Set(d, 87.0f), least = hn::Set(d, -87.0f);
  if constexpr (kind == Kind::Sigmoid) return scaled_sigmoid(d, one, hn::Min(most, hn::Max(least, x)));
  if constexpr (kind == Kind::Tanh) return hyperbolic_tangent(d, x);
  if constexpr (kind == Kind::Erf) return error_function(d, x);
  if constexpr (kind == Kind::Gelu) {
    const V half = hn::Mul(x, hn::Set(d, 0.5f));
    return hn::MulAdd(half, error_function(d, hn::Mul(x, hn::Set(d, 0.707106781f))), half);
  }
  if constexpr (kind == Kind::Swish) {
    const V bounded = hn::Max(least, x);  // beyond, the product is 0 to all digits that matter
    return scaled_sigmoid(d, bounded, hn::Min(most, bounded));
  }
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
    case Kind::Erf: return function(std::integral_constant<Kind, Kind::Erf>{});
    case Kind::Gelu: return function(std::integral_constant<Kind, Kind::Gelu>{});
    case Kind::Swish: return function(std::integral_constant<Kind, Kind::Swish>{});
    case Kind::None: break;
  }
  return function(std::integral_constant<Kind, Kind::None>{});
}

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#endif  // CNN_ACTIVATION_INL_H_
