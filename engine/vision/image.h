// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>

namespace cnn {

/// Pixel formats that frames come in; names and byte order as in GStreamer's video formats.
enum class PixelFormat : uint8_t {
  Rgb, Bgr, Rgbx, Bgrx, Xrgb, Xbgr, Rgba, Bgra, Argb, Abgr, Gbr, Gray8, Nv12, Nv21, I420, Yv12, Yuy2, Uyvy, Yvyu, Vyuy,
  Nv16, Nv61, Nv24, Y42b, Y444,
  /// 16-bit little-endian samples: Gray16 in all bits, P010 in the upper 10, the others in the lower 10 or 12.
  Gray16, P010, I420_10, I420_12, I422_10, Y444_10,
  /// No pixels: one plane of float32 in the machine's byte order, such as a spectrogram. Taken as it is, never resized.
  GrayF32
};

/// Matrix of Y'CbCr formats (ITU-R BT.601-7, BT.709-6, BT.2020-2); ignored for others.
enum class ColorMatrix : uint8_t { Bt601, Bt709, Bt2020 };

/// A picture in somebody else's memory, valid for the call it is passed to. Planes in the format's own order: I420 is
/// Y, U, V; YV12 is Y, V, U; NV12 is Y, UV. Chroma planes of odd-sized pictures are rounded up.
struct ImageView {
  PixelFormat format = PixelFormat::Rgb;
  int width = 0;   ///< pixels, 1 .. 32768
  int height = 0;  ///< pixels, 1 .. 32768
  std::array<const uint8_t*, 3> planes{};
  std::array<int, 3> strides{};  ///< bytes from one row to the next of each plane, >= what a row needs
  ColorMatrix matrix = ColorMatrix::Bt601;
  bool full_range = false;  ///< luma 0..255 instead of 16..235
};

}  // namespace cnn
