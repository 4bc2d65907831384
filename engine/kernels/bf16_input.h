// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/api.h"
#include "engine/kernels/conv_geometry.h"

namespace cnn {

/// The input pixels that some output pixels of a convolution read, rounded to pairs of bfloat16 once, however many taps
/// read them. The channels of each group begin with a pair of their own.
class CNN_API Bf16Input {
 public:
  /// Two spatial axes, and pairs that are not half empty.
  static bool fits(const ConvGeometry& geometry);

  /// `input_step`: floats from pixel to pixel, >= geometry.channels.
  Bf16Input(const ConvGeometry& geometry, int64_t input_step);

  /// The geometry, or one of the same pixels in the same order, with pairs for channels; a rounded pixel has as many.
  ConvGeometry paired() const;
  /// Bytes that round() needs when it is called for blocks of `block_pixels`: 0, block_pixels, 2 block_pixels ...
  int64_t bytes(int64_t block_pixels) const;
  /// Rounds what output pixels first ... first + pixels - 1 (counted over all images) read into `memory`. Returns where
  /// the input's first pixel would be if all of it were rounded; other pixels must not be read.
  const float* round(const float* input, int64_t first, int64_t pixels, float* memory) const;

 private:
  /// Rows of all images, one image behind the other.
  struct Rows {
    int64_t begin, end;
  };
  Rows rows_of(int64_t first, int64_t pixels) const;
  bool reads_all(size_t axis) const;
  bool reads(size_t axis, int64_t position) const;
  void round_pixels(const float* from, int64_t pixels, float* to) const;

  ConvGeometry g_;
  int64_t step_;
  int64_t group_pairs_;
};

}  // namespace cnn
