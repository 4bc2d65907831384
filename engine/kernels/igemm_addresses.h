// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/api.h"
#include "engine/kernels/conv_geometry.h"

namespace cnn {

/// Where the input runs of each output pixel lie: the address lists of an indirect convolution.
/// Usually a run is one kernel tap with all channels. With few channels a run is a whole kernel row, since [kw, c] lies
/// in one piece; rows that reach past the image's left or right edge are then copied between padding. Copies are of
/// bits and of any alignment: a float may stand for smaller numbers.
class CNN_API ConvAddresses {
 public:
  /// `input_step`: floats from pixel to pixel, >= geometry.channels.
  ConvAddresses(const ConvGeometry& geometry, int64_t input_step);

  int64_t taps() const { return taps_; }          ///< runs per output pixel
  int64_t channels() const { return channels_; }  ///< floats in a run
  const float* zeros() const { return zeros_.data(); }
  /// Floats that a run of padding needs: at least channels().
  int64_t padding_size() const { return static_cast<int64_t>(zeros_.size()); }
  /// Bytes that fill() needs per output pixel.
  int64_t bytes_per_pixel() const;

  /// Writes the addresses [pixels, taps] of output pixels first ... first + pixels - 1 (counted over all images) to the
  /// begin of `memory`, which holds pixels * bytes_per_pixel() bytes, and returns them. Valid while memory, input and
  /// padding are. `padding`: padding_size() floats, equal to each other, that stand for what lies outside of the image.
  const float* const* fill(const float* input, int64_t first, int64_t pixels, void* memory, const float* padding) const;
  const float* const* fill(const float* input, int64_t first, int64_t pixels, void* memory) const {
    return fill(input, first, pixels, memory, zeros());
  }

 private:
  struct Pixel;
  void tap_addresses(const float* image, const Pixel& pixel, const float* padding, const float** list) const;
  void row_addresses(const float* image, const Pixel& pixel, const float* padding, const float** list,
                     float* copies) const;
  /// `pixels` neighbours along a row of the output, from `pixel` on.
  void fill_row(const float* image, Pixel pixel, int64_t pixels, const float* padding, const float** list,
                float* copies) const;

  ConvGeometry g_;
  int64_t step_;
  bool linear_;  ///< output pixel p reads input pixel p and nothing else
  bool whole_rows_;
  int64_t taps_;
  int64_t channels_;
  std::vector<int64_t> offsets_;  ///< of each tap from the window's first pixel, in floats
  std::vector<float> zeros_;
};

}  // namespace cnn
