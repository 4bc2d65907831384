// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <span>

#include "engine/ops/input_checks.h"

namespace cnn {

/// Reads int32 or int64 indices.
class IndexReader {
 public:
  IndexReader(const void* data, DataType type) : data_(data), wide_(type == DataType::Int64) {}
  int64_t operator[](int64_t i) const {
    return wide_ ? static_cast<const int64_t*>(data_)[i] : static_cast<const int32_t*>(data_)[i];
  }

 private:
  const void* data_;
  bool wide_;
};

/// `index` as a position in [0, extent), extent > 0.
inline int64_t position_of(int64_t index, int64_t extent) {
  return std::clamp<int64_t>(index < 0 ? index + extent : index, 0, extent - 1);
}

/// Checks the type of indices into axes with `extents` (cycled through), and their values as far as they are known.
inline Status check_indices(const InputInfo& indices, std::span<const int64_t> extents) {
  if (indices.type.dtype != DataType::Int64 && indices.type.dtype != DataType::Int32)
    return error(ErrorCode::InvalidModel, "indices are ", to_string(indices.type.dtype), ", int64 or int32 is needed");
  CNN_TRY(count, checked_element_count(indices.type.shape));
  if (count == 0) return {};
  for (int64_t extent : extents)
    if (extent == 0) return error(ErrorCode::InvalidModel, count, " indices into an axis without elements");
  if (!indices.constant) return {};
  const IndexReader values(indices.constant->bytes.get(), indices.constant->desc.dtype);
  for (int64_t i = 0; i < count && !extents.empty(); ++i) {
    const int64_t extent = extents[static_cast<size_t>(i) % extents.size()];
    if (values[i] < -extent || values[i] >= extent)
      return error(ErrorCode::InvalidModel, "index ", values[i], " is outside of an axis with ", extent, " elements");
  }
  return {};
}

}  // namespace cnn
