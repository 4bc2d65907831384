// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace cnn {

enum class SoftmaxKind : uint8_t { Softmax, LogSoftmax, Hardmax };

/// Along the middle axis of x [outer, extent, inner] into y of the same shape, for the lines [line_begin, line_end) of
/// outer * inner (inner fastest). Shifted by the line's maximum, so that nothing overflows; Hardmax is 1 at the first
/// maximum.
/// `y` may be `x`. extent >= 1. Safe from several threads on disjoint lines.
/// https://onnx.ai/onnx/operators/onnx__Softmax.html
void softmax_f32(SoftmaxKind kind, const float* x, float* y, int64_t extent, int64_t inner, int64_t line_begin,
                 int64_t line_end);

}  // namespace cnn
