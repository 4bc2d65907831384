// SPDX-License-Identifier: MIT
#pragma once

#include <type_traits>

#include "engine/ops/activation.h"

namespace cnn {

/// out = function(x, alpha, beta).
template <class Out, class In, auto function>
void unary_rows(const ElementwiseLoop& loop, int64_t begin, int64_t end, void* out, const void* x, float alpha,
                float beta) {
  map_elements(loop, begin, end, static_cast<Out*>(out), static_cast<const In*>(x),
               [alpha, beta](In value) { return static_cast<Out>(function(value, alpha, beta)); });
}

/// For Kind::function: Float32 only, function(float, alpha, beta).
template <auto function, class Out = float>
UnaryFunction on_float(DataType type) {
  return type == DataType::Float32 ? &unary_rows<Out, float, function> : nullptr;
}

constexpr auto any_number = [](auto zero) { return !std::is_same_v<decltype(zero), bool>; };
constexpr auto signed_number = [](auto zero) { return std::is_signed_v<decltype(zero)>; };
constexpr auto any_integer = [](auto zero) {
  return std::is_integral_v<decltype(zero)> && !std::is_same_v<decltype(zero), bool>;
};

/// For Kind::function: the types that `accepts` allows, function(T, alpha, beta).
template <auto function, auto accepts>
UnaryFunction on_types(DataType type) {
  return with_type(type, [](auto zero) -> UnaryFunction {
    using T = decltype(zero);
    if constexpr (accepts(T{}))
      return &unary_rows<T, T, function>;
    else
      return nullptr;
  });
}

}  // namespace cnn
