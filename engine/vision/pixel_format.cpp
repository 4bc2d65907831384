// SPDX-License-Identifier: MIT
#include "engine/vision/pixel_format.h"

#include <algorithm>

namespace cnn {
namespace {

constexpr FormatLayout packed_rgb(int step, std::array<int8_t, 4> component) {
  return {ColorModel::Rgb, 1, {PlaneLayout{0, 1, {Samples{step, component, 0}}}}};
}

constexpr PlaneLayout plane(std::array<int8_t, 4> component, int step, int shift) {
  return {shift, 1, {Samples{step, component, shift}}};
}

constexpr FormatLayout semi_planar(int8_t first, int8_t second) {
  return {ColorModel::Yuv, 2, {plane({0, -1, -1, -1}, 1, 0), plane({first, second, -1, -1}, 2, 1)}};
}

constexpr FormatLayout planar(int8_t first, int8_t second) {
  return {ColorModel::Yuv,
          3,
          {plane({0, -1, -1, -1}, 1, 0), plane({first, -1, -1, -1}, 1, 1), plane({second, -1, -1, -1}, 1, 1)}};
}

constexpr FormatLayout packed_yuv(std::array<int8_t, 4> luma, std::array<int8_t, 4> chroma) {
  return {ColorModel::Yuv, 1, {PlaneLayout{0, 2, {Samples{2, luma, 0}, Samples{4, chroma, 1}}}}};
}

}  // namespace

const FormatLayout& layout_of(PixelFormat format) {
  static constexpr FormatLayout rgb = packed_rgb(3, {0, 1, 2, -1});
  static constexpr FormatLayout bgr = packed_rgb(3, {2, 1, 0, -1});
  static constexpr FormatLayout rgbx = packed_rgb(4, {0, 1, 2, -1});
  static constexpr FormatLayout bgrx = packed_rgb(4, {2, 1, 0, -1});
  static constexpr FormatLayout xrgb = packed_rgb(4, {-1, 0, 1, 2});
  static constexpr FormatLayout xbgr = packed_rgb(4, {-1, 2, 1, 0});
  static constexpr FormatLayout gray{ColorModel::Gray, 1, {plane({0, -1, -1, -1}, 1, 0)}};
  static constexpr FormatLayout gray_f32{ColorModel::Gray, 1, {plane({-1, -1, -1, -1}, 4, 0)}};
  static constexpr FormatLayout nv12 = semi_planar(1, 2);
  static constexpr FormatLayout nv21 = semi_planar(2, 1);
  static constexpr FormatLayout i420 = planar(1, 2);
  static constexpr FormatLayout yv12 = planar(2, 1);
  static constexpr FormatLayout yuy2 = packed_yuv({0, -1, -1, -1}, {-1, 1, -1, 2});
  static constexpr FormatLayout uyvy = packed_yuv({-1, 0, -1, -1}, {1, -1, 2, -1});
  switch (format) {
    case PixelFormat::Rgb:
      break;
    case PixelFormat::Bgr:
      return bgr;
    case PixelFormat::Rgbx:
    case PixelFormat::Rgba:
      return rgbx;
    case PixelFormat::Bgrx:
    case PixelFormat::Bgra:
      return bgrx;
    case PixelFormat::Xrgb:
    case PixelFormat::Argb:
      return xrgb;
    case PixelFormat::Xbgr:
    case PixelFormat::Abgr:
      return xbgr;
    case PixelFormat::Gray8:
      return gray;
    case PixelFormat::GrayF32:
      return gray_f32;
    case PixelFormat::Nv12:
      return nv12;
    case PixelFormat::Nv21:
      return nv21;
    case PixelFormat::I420:
      return i420;
    case PixelFormat::Yv12:
      return yv12;
    case PixelFormat::Yuy2:
      return yuy2;
    case PixelFormat::Uyvy:
      return uyvy;
  }
  return rgb;
}

int64_t row_bytes(PixelFormat format, int width, int plane) {
  const PlaneLayout& layout = layout_of(format).plane[static_cast<size_t>(plane)];
  int64_t bytes = 0;
  for (int s = 0; s < layout.sets; ++s) {
    const Samples& samples = layout.samples[static_cast<size_t>(s)];
    bytes = std::max(bytes, int64_t{subsampled(width, samples.x_shift)} * samples.step);
  }
  return bytes;
}

Status check_image(const ImageView& image) {
  constexpr int largest = 32768;
  if (image.width < 1 || image.height < 1 || image.width > largest || image.height > largest)
    return error(ErrorCode::InvalidArgument, "picture is ", image.width, "x", image.height, ", not 1x1 to ", largest,
                 "x", largest);
  for (int p = 0; p < layout_of(image.format).planes; ++p) {
    const int64_t needed = row_bytes(image.format, image.width, p);
    if (!image.planes[static_cast<size_t>(p)])
      return error(ErrorCode::InvalidArgument, "plane ", p, " of the picture is missing");
    if (image.strides[static_cast<size_t>(p)] < needed)
      return error(ErrorCode::InvalidArgument, "stride of plane ", p, " is ", image.strides[static_cast<size_t>(p)],
                   " but a row of ", image.width, " pixels has ", needed, " bytes");
  }
  return {};
}

}  // namespace cnn
