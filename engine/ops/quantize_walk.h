// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>

#include "engine/base/workers.h"
#include "engine/graph/tensor.h"
#include "engine/ops/quantize.h"

namespace cnn {

/// Cuts a dense tensor, in the order of its memory, into runs that share one scale or that take the scales in order.
class QuantizeWalk {
 public:
  /// `scale` is Plain, or in the layout of `data` when its rank is the same.
  QuantizeWalk(const TensorDesc& data, const TensorDesc& scale, const QuantizationAxes& axes)
      : total_(static_cast<size_t>(data.count())) {
    if (axes.block_size == 0 && scale.count() == 1) {
      inner_ = std::max<size_t>(1, total_);
      return;
    }
    const int axis = static_cast<int>(axes.axis < 0 ? axes.axis + data.rank() : axes.axis);
    const int position = data.physical_axis(axis);
    extents_ = data.physical_shape();
    for (size_t i = static_cast<size_t>(position) + 1; i < extents_.size(); ++i) inner_ *= static_cast<size_t>(extents_[i]);
    axis_extent_ = static_cast<size_t>(extents_[static_cast<size_t>(position)]);
    if (axes.block_size == 0) return;
    block_ = axes.block_size;
    block_axis_ = static_cast<size_t>(position);
    const Shape strides = scale.strides();
    scale_strides_.resize(strides.size());
    for (int i = 0; i < data.rank(); ++i) scale_strides_[static_cast<size_t>(data.physical_axis(i))] = strides[static_cast<size_t>(i)];
  }

  /// Calls row(begin, count, scale index) and columns(begin, count), which takes scales 0 .. count - 1, to cover the tensor.
  template <class Row, class Columns>
  void run(Workers& workers, Row&& row, Columns&& columns) const {
    if (total_ == 0) return;
    constexpr int64_t grain_elements = 1 << 14;
    const bool per_tensor = axis_extent_ == 1 && block_ == 0;
    if (per_tensor) {
      workers.parallel_for(static_cast<int64_t>(total_), grain_elements, [&](int64_t begin, int64_t end) {
        row(static_cast<size_t>(begin), static_cast<size_t>(end - begin), 0);
      });
      return;
    }
    const bool by_column = inner_ == 1 && block_ == 0;
    const size_t run = by_column ? axis_extent_ : block_ ? 1 : inner_;
    const int64_t grain = std::max<int64_t>(1, grain_elements / static_cast<int64_t>(run));
    workers.parallel_for(static_cast<int64_t>(total_ / run), grain, [&](int64_t begin, int64_t end) {
      for (size_t i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
        if (by_column) columns(i * run, run);
        else if (block_) row(i, 1, blocked_scale(i));
        else row(i * run, run, i % axis_extent_);
      }
    });
  }

 private:
  size_t blocked_scale(size_t element) const {
    int64_t offset = 0;
    int64_t rest = static_cast<int64_t>(element);
    for (size_t k = extents_.size(); k-- > 0; rest /= extents_[k]) {
      const int64_t at = rest % extents_[k];
      offset += (k == block_axis_ ? at / block_ : at) * scale_strides_[k];
    }
    return static_cast<size_t>(offset);
  }

  size_t total_;
  size_t inner_ = 1;
  size_t axis_extent_ = 1;
  int64_t block_ = 0;
  size_t block_axis_ = 0;
  Shape extents_;
  Shape scale_strides_;
};

}  // namespace cnn
