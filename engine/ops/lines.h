// SPDX-License-Identifier: MIT
#pragma once

#include "engine/base/shape.h"

namespace cnn {

/// The lines of a Plain, dense tensor along one axis: line i starts at start(i), its elements are `inner` apart.
struct Lines {
  int64_t count = 1;
  int64_t extent = 1;
  int64_t inner = 1;

  Lines(const Shape& shape, int axis) : extent(shape[static_cast<size_t>(axis)]) {
    for (size_t i = 0; i < shape.size(); ++i) {
      if (static_cast<int>(i) != axis) count *= shape[i];
      if (static_cast<int>(i) > axis) inner *= shape[i];
    }
  }
  int64_t start(int64_t i) const { return i / inner * inner * extent + i % inner; }
};

}  // namespace cnn
