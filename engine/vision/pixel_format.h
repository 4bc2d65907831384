// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "engine/base/api.h"
#include "engine/base/result.h"
#include "engine/vision/image.h"

namespace cnn {

/// What the components of a format's pixels are. Component 0, 1, 2 is R, G, B; Y, U, V; or the grey value.
enum class ColorModel : uint8_t { Rgb, Yuv, Gray };

/// Interleaved samples in a plane: sample i begins at byte i * step; its byte b belongs to component[b] (-1: to none).
struct Samples {
  int step = 1;
  std::array<int8_t, 4> component{-1, -1, -1, -1};
  int x_shift = 0;  ///< 1: one sample for two pixels
};

/// A plane; packed formats with subsampled chroma see it as two sets of samples over the same bytes.
struct PlaneLayout {
  int y_shift = 0;  ///< 1: one row for two rows of pixels
  int sets = 1;
  std::array<Samples, 2> samples{};
};

/// Everything the resizer knows about a pixel format: a new format is a row here.
struct FormatLayout {
  ColorModel model = ColorModel::Rgb;
  int planes = 1;
  std::array<PlaneLayout, 3> plane{};
  /// Other than 0: a sample has two bytes, and shifted right by so many bits it is that of `narrow`, whose planes are above.
  int deep_shift = 0;
  PixelFormat narrow = PixelFormat::Rgb;

  int sample_bytes() const { return deep_shift ? 2 : 1; }
};

CNN_API const FormatLayout& layout_of(PixelFormat format);

/// Extent of an axis of a plane that has one sample for 1 << shift pixels.
constexpr int subsampled(int extent, int shift) { return (extent + (1 << shift) - 1) >> shift; }

/// A picture of a format with deep samples as one of its `narrow` format, rounded; `memory`, which grows as needed, holds its
/// planes.
ImageView narrowed(const ImageView& image, std::vector<uint8_t>& memory);

/// Bytes that a row of plane `plane` needs.
CNN_API int64_t row_bytes(PixelFormat format, int width, int plane);

/// Extents 1 .. 32768, planes present, strides long enough; InvalidArgument says which is not.
CNN_API Status check_image(const ImageView& image);

}  // namespace cnn
