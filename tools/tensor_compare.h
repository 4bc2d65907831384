// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "engine/graph/tensor.h"

namespace cnn::tools {

/// An element agrees when |actual - expected| <= absolute + relative * |expected|, where `absolute` is at least half a
/// unit in the last place of the largest expected element: sums in float32 that should cancel out leave that much.
struct Tolerance {
  double relative = 1e-3;
  double absolute = 1e-7;
  int64_t integer = 0;  ///< allowed difference of int8 and uint8 elements; other integers must be equal
};

struct Comparison {
  bool agrees = true;
  std::string mismatch;                           ///< type or shape, when these differ already
  double worst_absolute = 0, worst_relative = 0;  ///< over all elements; infinite where only one is NaN or infinite
};

/// `actual` has the type and shape of `desc`, Plain and dense. NaN equals NaN, an infinity equals itself.
Comparison compare(const TensorDesc& desc, const std::byte* actual, const Tensor& expected, const Tolerance& tolerance);

}  // namespace cnn::tools
