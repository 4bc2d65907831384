// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "engine/base/buffer.h"
#include "engine/kernels/resize_bands.h"
#include "engine/kernels/resize_columns.h"
#include "engine/vision/image.h"
#include "engine/vision/pixel_format.h"
#include "engine/vision/placement.h"

namespace cnn {

/// Brings the components of pictures of one format and size to the size of a placement, each in its own plane and at
/// its own subsampling. First down the columns, in the bytes of the rows as they lie in memory, then along the rows,
/// a block of result rows at a time. Used by one thread at a time.
class Resampler {
 public:
  /// `components`: how many of the format's components are wanted, 1 or 3.
  Resampler(PixelFormat format, int width, int height, const Placement& placement, int components,
            const Preprocessing& preprocessing);

  /// Makes the result rows y .. y + resize_block - 1, as far as there are so many. Blocks must be made in their order,
  /// from y = 0 on. `image` has the format and size.
  void make_block(const ImageView& image, int y);

  /// Row y + r of a wanted component after make_block(y): placement.width values 0 .. 255.
  const float* row(int component, int r) const {
    return results_[static_cast<size_t>(component)].data() + static_cast<ptrdiff_t>(r) * result_stride_;
  }

 private:
  // A plane's part that is read: groups of samples from byte `begin` of each row on.
  struct Source {
    int plane = 0;
    int64_t begin = 0, bytes = 0;
    int groups = 0;
    SampleGroup group;
    int y_shift = 0;
    std::array<Buffer, 2> carries;  // of resize_band(), in turns
  };

  void add_source(int plane, int width, const std::array<ResizeFilter, 2>& filters);
  void make_rows(const ImageView& image, Source& source, int y, int count);
  void filter_row(const ImageView& image, Source& source, int y, int16_t* out);
  void add_band(const ImageView& image, Source& source, int index, int16_t* out);

  PixelFormat format_;
  int components_;
  int height_;  // of the result
  std::vector<Source> sources_;
  std::array<std::vector<ResizeBand>, 2> bands_;  // by subsampling shift
  std::array<ResizeFilter, 2> y_filters_;         // where there are no bands
  std::array<PairFilter, 3> x_filters_;           // by component
  std::vector<const uint8_t*> filter_rows_;
  Buffer rows_;  // [resize_block, row_stride_] of int16_t
  ptrdiff_t row_stride_ = 0;
  std::array<Buffer, 3> pairs_;                // of int32_t, by component
  std::array<std::vector<float>, 3> results_;  // [resize_block, result_stride_]
  ptrdiff_t result_stride_ = 0;
};

}  // namespace cnn
