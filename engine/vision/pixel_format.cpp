// SPDX-License-Identifier: MIT
#include "engine/vision/pixel_format.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace cnn {
namespace {

constexpr FormatLayout packed_rgb(int step, std::array<int8_t, 4> component) {
  return {ColorModel::Rgb, 1, {PlaneLayout{0, 1, {Samples{step, component, 0}}}}};
}

constexpr PlaneLayout plane(std::array<int8_t, 4> component, int step, int x_shift = 0, int y_shift = 0) {
  return {y_shift, 1, {Samples{step, component, x_shift}}};
}

constexpr FormatLayout gray_plane() { return {ColorModel::Gray, 1, {plane({0, -1, -1, -1}, 1)}}; }

constexpr FormatLayout semi_planar(int8_t first, int8_t second, int x_shift = 1, int y_shift = 1) {
  return {ColorModel::Yuv, 2, {plane({0, -1, -1, -1}, 1), plane({first, second, -1, -1}, 2, x_shift, y_shift)}};
}

constexpr FormatLayout planar(int8_t first, int8_t second, int x_shift = 1, int y_shift = 1) {
  return {ColorModel::Yuv,
          3,
          {plane({0, -1, -1, -1}, 1), plane({first, -1, -1, -1}, 1, x_shift, y_shift),
           plane({second, -1, -1, -1}, 1, x_shift, y_shift)}};
}

constexpr FormatLayout packed_yuv(std::array<int8_t, 4> luma, std::array<int8_t, 4> chroma) {
  return {ColorModel::Yuv, 1, {PlaneLayout{0, 2, {Samples{2, luma, 0}, Samples{4, chroma, 1}}}}};
}

void narrow_row(const uint8_t* row, int64_t count, int shift, uint8_t* out) {
  static_assert(std::endian::native == std::endian::little);
  const auto half = static_cast<uint16_t>(1 << (shift - 1)), most = static_cast<uint16_t>(0xFFFF - half);
  for (int64_t i = 0; i < count; ++i) {
    uint16_t sample;
    std::memcpy(&sample, row + 2 * i, sizeof sample);
    const auto rounded = static_cast<uint16_t>((std::min(sample, most) + half) >> shift);
    out[i] = static_cast<uint8_t>(std::min<uint16_t>(rounded, 255));
  }
}

constexpr FormatLayout deep(FormatLayout layout, PixelFormat narrow, int shift) {
  layout.narrow = narrow;
  layout.deep_shift = shift;
  return layout;
}

}  // namespace

const FormatLayout& layout_of(PixelFormat format) {
  static constexpr FormatLayout rgb = packed_rgb(3, {0, 1, 2, -1});
  static constexpr FormatLayout bgr = packed_rgb(3, {2, 1, 0, -1});
  static constexpr FormatLayout rgbx = packed_rgb(4, {0, 1, 2, -1});
  static constexpr FormatLayout bgrx = packed_rgb(4, {2, 1, 0, -1});
  static constexpr FormatLayout xrgb = packed_rgb(4, {-1, 0, 1, 2});
  static constexpr FormatLayout xbgr = packed_rgb(4, {-1, 2, 1, 0});
  static constexpr FormatLayout gbr{
      ColorModel::Rgb, 3, {plane({1, -1, -1, -1}, 1), plane({2, -1, -1, -1}, 1), plane({0, -1, -1, -1}, 1)}};
  static constexpr FormatLayout gray = gray_plane();
  static constexpr FormatLayout gray_f32{ColorModel::Gray, 1, {plane({-1, -1, -1, -1}, 4)}};
  static constexpr FormatLayout nv12 = semi_planar(1, 2);
  static constexpr FormatLayout nv21 = semi_planar(2, 1);
  static constexpr FormatLayout nv16 = semi_planar(1, 2, 1, 0);
  static constexpr FormatLayout nv61 = semi_planar(2, 1, 1, 0);
  static constexpr FormatLayout nv24 = semi_planar(1, 2, 0, 0);
  static constexpr FormatLayout i420 = planar(1, 2);
  static constexpr FormatLayout yv12 = planar(2, 1);
  static constexpr FormatLayout y42b = planar(1, 2, 1, 0);
  static constexpr FormatLayout y444 = planar(1, 2, 0, 0);
  static constexpr FormatLayout yuy2 = packed_yuv({0, -1, -1, -1}, {-1, 1, -1, 2});
  static constexpr FormatLayout yvyu = packed_yuv({0, -1, -1, -1}, {-1, 2, -1, 1});
  static constexpr FormatLayout uyvy = packed_yuv({-1, 0, -1, -1}, {1, -1, 2, -1});
  static constexpr FormatLayout vyuy = packed_yuv({-1, 0, -1, -1}, {2, -1, 1, -1});
  static constexpr FormatLayout gray16 = deep(gray, PixelFormat::Gray8, 8);
  static constexpr FormatLayout p010 = deep(nv12, PixelFormat::Nv12, 8);
  static constexpr FormatLayout i420_10 = deep(i420, PixelFormat::I420, 2);
  static constexpr FormatLayout i420_12 = deep(i420, PixelFormat::I420, 4);
  static constexpr FormatLayout i422_10 = deep(y42b, PixelFormat::Y42b, 2);
  static constexpr FormatLayout y444_10 = deep(y444, PixelFormat::Y444, 2);
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
    case PixelFormat::Yvyu:
      return yvyu;
    case PixelFormat::Vyuy:
      return vyuy;
    case PixelFormat::Gbr:
      return gbr;
    case PixelFormat::Nv16:
      return nv16;
    case PixelFormat::Nv61:
      return nv61;
    case PixelFormat::Nv24:
      return nv24;
    case PixelFormat::Y42b:
      return y42b;
    case PixelFormat::Y444:
      return y444;
    case PixelFormat::Gray16:
      return gray16;
    case PixelFormat::P010:
      return p010;
    case PixelFormat::I420_10:
      return i420_10;
    case PixelFormat::I420_12:
      return i420_12;
    case PixelFormat::I422_10:
      return i422_10;
    case PixelFormat::Y444_10:
      return y444_10;
  }
  return rgb;
}

int64_t row_bytes(PixelFormat format, int width, int plane) {
  const FormatLayout& whole = layout_of(format);
  const PlaneLayout& layout = whole.plane[static_cast<size_t>(plane)];
  int64_t bytes = 0;
  for (int s = 0; s < layout.sets; ++s) {
    const Samples& samples = layout.samples[static_cast<size_t>(s)];
    bytes = std::max(bytes, int64_t{subsampled(width, samples.x_shift)} * samples.step);
  }
  return bytes * whole.sample_bytes();
}

ImageView narrowed(const ImageView& image, std::vector<uint8_t>& memory) {
  const FormatLayout& layout = layout_of(image.format);
  ImageView narrow = image;
  narrow.format = layout.narrow;
  std::array<int64_t, 3> samples{}, rows{};
  int64_t bytes = 0;
  for (size_t p = 0; p < static_cast<size_t>(layout.planes); ++p) {
    samples[p] = row_bytes(layout.narrow, image.width, static_cast<int>(p));
    rows[p] = subsampled(image.height, layout.plane[p].y_shift);
    narrow.strides[p] = static_cast<int>(samples[p]);
    bytes += samples[p] * rows[p];
  }
  if (memory.size() < static_cast<size_t>(bytes)) memory.resize(static_cast<size_t>(bytes));
  uint8_t* out = memory.data();
  for (size_t p = 0; p < static_cast<size_t>(layout.planes); ++p) {
    narrow.planes[p] = out;
    for (int64_t y = 0; y < rows[p]; ++y, out += samples[p])
      narrow_row(image.planes[p] + y * image.strides[p], samples[p], layout.deep_shift, out);
  }
  return narrow;
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
