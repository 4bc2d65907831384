// SPDX-License-Identifier: MIT
#pragma once

#include "engine/kernels/activation.h"
#include "engine/kernels/elementwise_loop.h"

namespace cnn {

/// Minimum and Maximum are NaN where an operand is; Slope is a < 0 ? a * b : a.
enum class BinaryKind : uint8_t { Add, Sub, Mul, Div, Minimum, Maximum, Slope };

/// Pairs of elements worth a thread of their own.
constexpr int64_t elementwise_grain = 16384;

/// out = a (kind) b on the elements [begin, end) of `loop`, whose operands are out, a, b. `out` may be `a` or `b` when
/// that has the output's shape and strides. Safe from several threads on disjoint ranges.
void binary_f32(BinaryKind kind, const ElementwiseLoop& loop, int64_t begin, int64_t end, float* out, const float* a,
                const float* b);

/// out = x * scale + shift on the elements [begin, end) of `loop`, whose operands are out, x, scale, shift. `out` may
/// be `x`.
void multiply_add_f32(const ElementwiseLoop& loop, int64_t begin, int64_t end, float* out, const float* x,
                      const float* scale, const float* shift);

/// out = activation(x) on the elements [begin, end) of `loop`, whose operands are out, x. `out` may be `x`.
void activate_f32(const Activation& activation, const ElementwiseLoop& loop, int64_t begin, int64_t end, float* out,
                  const float* x);

/// out = e^x, as activate_f32.
void exp_f32(const ElementwiseLoop& loop, int64_t begin, int64_t end, float* out, const float* x);

}  // namespace cnn
