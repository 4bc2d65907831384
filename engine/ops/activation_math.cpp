// SPDX-License-Identifier: MIT
#include <cmath>

#include "engine/kernels/elementwise.h"
#include "engine/kernels/elementwise_integer.h"
#include "engine/ops/activation_rows.h"

namespace cnn {
namespace {

constexpr auto None = ActivationKind::None;

/// `function` as a row's function of Float32.
template <float (*function)(float)>
constexpr auto plain = on_float<[](float x, float, float) { return function(x); }>;

template <class T>
T magnitude(T x) {
  if constexpr (std::is_floating_point_v<T>)
    return std::fabs(x);
  else if constexpr (std::is_signed_v<T>)
    return x < 0 ? wrapping_sub<T>(0, x) : x;
  else
    return x;
}

template <class T>
T negative(T x) {
  if constexpr (std::is_floating_point_v<T>)
    return -x;
  else
    return wrapping_sub<T>(0, x);
}

/// NaN for NaN.
template <class T>
T sign(T x) {
  return x > 0 ? T{1} : x < T{0} ? static_cast<T>(-1) : x;
}

UnaryFunction exponential(DataType type) {
  if (type != DataType::Float32) return nullptr;
  return [](const ElementwiseLoop& loop, int64_t begin, int64_t end, void* out, const void* x, float, float) {
    exp_f32(loop, begin, end, static_cast<float*>(out), static_cast<const float*>(x));
  };
}

UnaryFunction logical_not(DataType type) {
  return type == DataType::Bool ? &unary_rows<bool, bool, [](bool x, float, float) { return !x; }> : nullptr;
}

constexpr UnaryOp::Kind kinds[] = {
    {"Erf", 9, ActivationKind::Erf, plain<std::erf>},
    {"Exp", 1, None, exponential},
    {"Log", 1, None, plain<std::log>},
    {"Sqrt", 1, None, plain<std::sqrt>},
    {"Reciprocal", 1, None, on_float<[](float x, float, float) { return 1 / x; }>},
    {"Abs", 1, None, on_types<[](auto x, float, float) { return magnitude(x); }, any_number>},
    {"Neg", 1, None, on_types<[](auto x, float, float) { return negative(x); }, signed_number>},
    {"Sign", 9, None, on_types<[](auto x, float, float) { return sign(x); }, any_number>},
    {"Floor", 1, None, plain<std::floor>},
    {"Ceil", 1, None, plain<std::ceil>},
    {"Round", 11, None, plain<std::nearbyint>},
    {"Sin", 7, None, plain<std::sin>},
    {"Cos", 7, None, plain<std::cos>},
    {"Tan", 7, None, plain<std::tan>},
    {"Asin", 7, None, plain<std::asin>},
    {"Acos", 7, None, plain<std::acos>},
    {"Atan", 7, None, plain<std::atan>},
    {"Sinh", 9, None, plain<std::sinh>},
    {"Cosh", 9, None, plain<std::cosh>},
    {"Asinh", 9, None, plain<std::asinh>},
    {"Acosh", 9, None, plain<std::acosh>},
    {"Atanh", 9, None, plain<std::atanh>},
    {"Not", 1, None, logical_not, "", 0, "", 0, true},
    {"IsNaN", 9, None, on_float<[](float x, float, float) { return std::isnan(x); }, bool>, "", 0, "", 0, true},
    {"IsInf", 10, None,
     on_float<[](float x, float positive, float negative) {
       return std::isinf(x) && (x > 0 ? positive != 0 : negative != 0);
     },
              bool>,
     "detect_positive", 1, "detect_negative", 1, true},
    {"BitwiseNot", 18, None, on_types<[](auto x, float, float) { return ~x; }, any_integer>},
};

}  // namespace

std::span<const UnaryOp::Kind> math_kinds() { return kinds; }

}  // namespace cnn
