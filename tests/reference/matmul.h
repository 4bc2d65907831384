// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

namespace cnn::reference {

/// a [rows, depth] times b [depth, columns], row-major, summed in double precision.
template <class T>
std::vector<double> matmul(const std::vector<T>& a, const std::vector<T>& b, int64_t rows, int64_t depth,
                           int64_t columns) {
  std::vector<double> product(static_cast<size_t>(rows * columns), 0.0);
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t k = 0; k < depth; ++k)
      for (int64_t c = 0; c < columns; ++c)
        product[static_cast<size_t>(r * columns + c)] += static_cast<double>(a[static_cast<size_t>(r * depth + k)]) *
                                                         static_cast<double>(b[static_cast<size_t>(k * columns + c)]);
  return product;
}

}  // namespace cnn::reference
