// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <vector>

#include "engine/kernels/bf16.h"
#include "tests/reference/kernel_case.h"

namespace cnn::reference {

/// The nearest number with eight significant bits, ties to even.
inline float nearest_bf16(float x) {
  if (x == 0 || !std::isfinite(x)) return x;
  int exponent = 0;
  std::frexp(x, &exponent);
  const float spacing = std::ldexp(1.0f, exponent - 8);
  return std::nearbyint(x / spacing) * spacing;
}

inline std::vector<float> nearest_bf16(std::vector<float> values) {
  for (float& value : values) value = nearest_bf16(value);
  return values;
}

/// on_every_target(), less those whose kernels this CPU cannot run.
template <class Body>
void on_every_bf16_target(Body&& body) {
  on_every_target([&] {
    if (bf16_products() != Bf16Products::Absent) body();
  });
}

}  // namespace cnn::reference
