// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "engine/session.h"

namespace cnn::test {

/// Which rows or columns of the input one element of a tensor answers to, found by changing them.
struct MeasuredField {
  int64_t first = 0, size = 0;
  double weakest_inside = 0;     ///< smallest answer of the outermost two that answer, by the largest
  double strongest_outside = 0;  ///< largest answer of those that count as none, by the largest
};

/// For the element in the middle of `tensor`. Each line of the input (`axis` 2: rows, 3: columns) is changed by noise
/// in all channels; answers below `threshold` of the strongest count as rounding, which reaches as far as the tiles of
/// Winograd's algorithm.
MeasuredField measure_field(const Model& model, const std::string& tensor, int axis, double threshold);

}  // namespace cnn::test
