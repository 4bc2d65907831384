// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "engine/base/result.h"

namespace cnn {

/// Extents of a tensor, outermost first. Empty: a scalar. Values are >= 0 once a model is opened;
/// -1 marks an extent that the model leaves open.
using Shape = std::vector<int64_t>;

/// "[1, 3, 224, 224]"; open extents are printed as "?".
inline std::string to_string(const Shape& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) {
    if (i) text += ", ";
    text += shape[i] < 0 ? "?" : std::to_string(shape[i]);
  }
  return text + "]";
}

/// Product of extents that are known to fit (an opened graph's). Negative extents are not allowed.
inline int64_t element_count(const Shape& shape) {
  int64_t count = 1;
  for (int64_t extent : shape) count *= extent;
  return count;
}

/// Product of extents from an untrusted source: fails on a negative extent and above 2^40 elements.
inline Result<int64_t> checked_element_count(const Shape& shape) {
  constexpr int64_t limit = int64_t{1} << 40;
  int64_t count = 1;
  for (int64_t extent : shape) {
    if (extent < 0) return error(ErrorCode::InvalidModel, "shape ", to_string(shape), " has a negative extent");
    if (extent != 0 && count > limit / extent)
      return error(ErrorCode::InvalidModel, "shape ", to_string(shape), " has more than 2^40 elements");
    count *= extent;
  }
  return count;
}

}  // namespace cnn
