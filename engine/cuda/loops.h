// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <optional>

#include "engine/base/shape.h"
#include "engine/cuda/kernels/strided.h"

namespace cnn::cuda {

/// The loop over `extents` (any rank) for operands with `strides` in the same order of axes: axes of extent 1 left out,
/// those that lie behind one another in all operands made one. Nothing where more than StridedLoop::max_rank axes are left.
template <int operands>
std::optional<StridedLoop<operands>> merged(const Shape& extents, const std::array<Shape, operands>& strides) {
  StridedLoop<operands> loop;
  for (size_t a = 0; a < extents.size(); ++a) {
    if (extents[a] == 1) continue;
    bool joins = loop.rank > 0;
    for (int t = 0; t < operands && joins; ++t)
      joins = loop.strides[t][loop.rank - 1] == strides[static_cast<size_t>(t)][a] * extents[a];
    if (!joins) {
      if (loop.rank == StridedLoop<operands>::max_rank) return {};
      loop.extents[loop.rank++] = 1;
    }
    loop.extents[loop.rank - 1] *= extents[a];
    for (int t = 0; t < operands; ++t) loop.strides[t][loop.rank - 1] = strides[static_cast<size_t>(t)][a];
  }
  return loop;
}

}  // namespace cnn::cuda
