// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "engine/base/workers.h"

namespace cnn {

enum class ReduceKind : uint8_t { Sum, Mean, Max, Min, Prod, L1, L2, LogSum, LogSumExp, SumSquare };

/// One axis of the input in memory order.
struct ReduceAxis {
  int64_t extent;
  bool reduced;
};

/// Reduces dense x along the axes marked so; y is dense with the other axes in the same order. At most 8 axes. Floats are summed
/// in double, integers wrap; an empty set gives the kind's neutral element. T is float, int32_t, uint32_t, int64_t or uint64_t, for
/// Max and Min also int8_t, uint8_t and bool. Does not allocate. https://onnx.ai/onnx/operators/onnx__ReduceSum.html and
/// its siblings.
template <class T>
void reduce(ReduceKind kind, std::span<const ReduceAxis> axes, const T* x, T* y, Workers& workers);

}  // namespace cnn
