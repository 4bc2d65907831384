// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "engine/graph/tensor.h"

namespace cnn::reference {

/// Value of a Plain operand at the position of output element `index` under NumPy broadcasting: operand axes are
/// aligned at the end, extents of 1 repeat.
inline double broadcast_at(const Tensor& operand, const Shape& output, int64_t index) {
  const Shape& shape = operand.desc.shape;
  int64_t offset = 0, step = 1;
  for (size_t i = output.size(); i-- > 0;) {
    const int64_t at = index % output[i];
    index /= output[i];
    const size_t missing = output.size() - shape.size();
    if (i < missing) continue;
    if (shape[i - missing] != 1) offset += at * step;
    step *= shape[i - missing];
  }
  return operand.data<float>()[offset];
}

}  // namespace cnn::reference
