// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "engine/vision/image.h"
#include "tests/reference/colour.h"
#include "tests/reference/resize.h"
#include "tests/support/guarded_bytes.h"

namespace cnn::test {

inline constexpr std::array all_formats{
    PixelFormat::Rgb,  PixelFormat::Bgr,  PixelFormat::Rgbx, PixelFormat::Bgrx, PixelFormat::Xrgb,  PixelFormat::Xbgr,
    PixelFormat::Rgba, PixelFormat::Bgra, PixelFormat::Argb, PixelFormat::Abgr, PixelFormat::Gray8, PixelFormat::Nv12,
    PixelFormat::Nv21, PixelFormat::I420, PixelFormat::Yv12, PixelFormat::Yuy2, PixelFormat::Uyvy, PixelFormat::Yvyu,
    PixelFormat::Vyuy, PixelFormat::Nv16, PixelFormat::Nv61, PixelFormat::Nv24, PixelFormat::Y42b, PixelFormat::Y444,
    PixelFormat::Gbr,  PixelFormat::Gray16, PixelFormat::P010, PixelFormat::I420_10, PixelFormat::I420_12,
    PixelFormat::I422_10, PixelFormat::Y444_10};

/// Where a component of a format lies: byte = plane[(y >> shift_y) * stride + (x >> shift_x) * step + offset], or with
/// `bits` the 16-bit little-endian number there, divided by 1 << bits and rounded.
/// Written from GStreamer's description of the formats, apart from the engine's table.
struct ComponentPlace {
  int plane, step, offset, shift_x, shift_y, bits = 0;
};

inline std::vector<ComponentPlace> component_places(PixelFormat format) {
  auto rgb = [](int step, int r, int g, int b) {
    return std::vector<ComponentPlace>{{0, step, r, 0, 0}, {0, step, g, 0, 0}, {0, step, b, 0, 0}};
  };
  switch (format) {
    case PixelFormat::Rgb:
      return rgb(3, 0, 1, 2);
    case PixelFormat::Bgr:
      return rgb(3, 2, 1, 0);
    case PixelFormat::Rgbx:
    case PixelFormat::Rgba:
      return rgb(4, 0, 1, 2);
    case PixelFormat::Bgrx:
    case PixelFormat::Bgra:
      return rgb(4, 2, 1, 0);
    case PixelFormat::Xrgb:
    case PixelFormat::Argb:
      return rgb(4, 1, 2, 3);
    case PixelFormat::Xbgr:
    case PixelFormat::Abgr:
      return rgb(4, 3, 2, 1);
    case PixelFormat::GrayF32:
    case PixelFormat::Gray8:
      return {{0, 1, 0, 0, 0}};
    case PixelFormat::Nv12:
      return {{0, 1, 0, 0, 0}, {1, 2, 0, 1, 1}, {1, 2, 1, 1, 1}};
    case PixelFormat::Nv21:
      return {{0, 1, 0, 0, 0}, {1, 2, 1, 1, 1}, {1, 2, 0, 1, 1}};
    case PixelFormat::I420:
      return {{0, 1, 0, 0, 0}, {1, 1, 0, 1, 1}, {2, 1, 0, 1, 1}};
    case PixelFormat::Yv12:
      return {{0, 1, 0, 0, 0}, {2, 1, 0, 1, 1}, {1, 1, 0, 1, 1}};
    case PixelFormat::Yuy2:
      return {{0, 2, 0, 0, 0}, {0, 4, 1, 1, 0}, {0, 4, 3, 1, 0}};
    case PixelFormat::Uyvy:
      return {{0, 2, 1, 0, 0}, {0, 4, 0, 1, 0}, {0, 4, 2, 1, 0}};
    case PixelFormat::Yvyu:
      return {{0, 2, 0, 0, 0}, {0, 4, 3, 1, 0}, {0, 4, 1, 1, 0}};
    case PixelFormat::Vyuy:
      return {{0, 2, 1, 0, 0}, {0, 4, 2, 1, 0}, {0, 4, 0, 1, 0}};
    case PixelFormat::Nv16:
      return {{0, 1, 0, 0, 0}, {1, 2, 0, 1, 0}, {1, 2, 1, 1, 0}};
    case PixelFormat::Nv61:
      return {{0, 1, 0, 0, 0}, {1, 2, 1, 1, 0}, {1, 2, 0, 1, 0}};
    case PixelFormat::Nv24:
      return {{0, 1, 0, 0, 0}, {1, 2, 0, 0, 0}, {1, 2, 1, 0, 0}};
    case PixelFormat::Y42b:
      return {{0, 1, 0, 0, 0}, {1, 1, 0, 1, 0}, {2, 1, 0, 1, 0}};
    case PixelFormat::Y444:
      return {{0, 1, 0, 0, 0}, {1, 1, 0, 0, 0}, {2, 1, 0, 0, 0}};
    case PixelFormat::Gbr:
      return {{2, 1, 0, 0, 0}, {0, 1, 0, 0, 0}, {1, 1, 0, 0, 0}};
    case PixelFormat::Gray16:
      return {{0, 2, 0, 0, 0, 8}};
    case PixelFormat::P010:
      return {{0, 2, 0, 0, 0, 8}, {1, 4, 0, 1, 1, 8}, {1, 4, 2, 1, 1, 8}};
    case PixelFormat::I420_10:
      return {{0, 2, 0, 0, 0, 2}, {1, 2, 0, 1, 1, 2}, {2, 2, 0, 1, 1, 2}};
    case PixelFormat::I420_12:
      return {{0, 2, 0, 0, 0, 4}, {1, 2, 0, 1, 1, 4}, {2, 2, 0, 1, 1, 4}};
    case PixelFormat::I422_10:
      return {{0, 2, 0, 0, 0, 2}, {1, 2, 0, 1, 0, 2}, {2, 2, 0, 1, 0, 2}};
    case PixelFormat::Y444_10:
      return {{0, 2, 0, 0, 0, 2}, {1, 2, 0, 0, 0, 2}, {2, 2, 0, 0, 0, 2}};
  }
  return {};
}

inline bool is_yuv(PixelFormat format) {
  return format >= PixelFormat::Nv12 && format != PixelFormat::Gray16;
}

/// The bits that a deep sample has: as many as its format stores, in their place.
inline int sample_mask(PixelFormat format) {
  if (format == PixelFormat::Gray16) return 0xFFFF;
  if (format == PixelFormat::P010) return 0xFFC0;
  return format == PixelFormat::I420_12 ? 0xFFF : 0x3FF;
}

/// A picture of random bytes, each plane at the very end of readable memory; `padding` extra bytes a row but the last.
class GuardedPicture {
 public:
  GuardedPicture(PixelFormat format, int width, int height, int padding, unsigned seed = 1) {
    view.format = format;
    view.width = width;
    view.height = height;
    std::mt19937 random(seed);
    std::array<int, 3> bytes{}, rows{};
    for (const ComponentPlace& c : component_places(format)) {
      const size_t p = static_cast<size_t>(c.plane);
      const int samples = (width + (1 << c.shift_x) - 1) >> c.shift_x;
      bytes[p] = std::max(bytes[p], samples * c.step);
      rows[p] = (height + (1 << c.shift_y) - 1) >> c.shift_y;
    }
    for (size_t p = 0; p < 3 && rows[p]; ++p) {
      view.strides[p] = bytes[p] + padding;
      const size_t size =
          static_cast<size_t>(view.strides[p]) * static_cast<size_t>(rows[p] - 1) + static_cast<size_t>(bytes[p]);
      memory_.emplace_back(size);
      sizes_.push_back(size);
      const bool deep = component_places(format)[0].bits > 0;
      for (size_t i = 0; i < size; ++i) {
        const int mask = deep ? sample_mask(format) >> (i % 2 * 8) : 0xFF;
        memory_.back().data()[i] = static_cast<uint8_t>(random() & static_cast<unsigned>(mask));
      }
      view.planes[p] = memory_.back().data();
    }
  }

  /// Every byte of every plane.
  void fill(uint8_t value) {
    for (size_t p = 0; p < memory_.size(); ++p) std::fill_n(memory_[p].data(), sizes_[p], value);
  }

  /// Components 0, 1, 2 (R G B, Y U V or grey) as planes in double precision, 0 .. 255, chroma at its own size.
  std::vector<reference::Plane> components() const {
    std::vector<reference::Plane> planes;
    for (const ComponentPlace& c : component_places(view.format)) {
      reference::Plane plane((view.width + (1 << c.shift_x) - 1) >> c.shift_x,
                             (view.height + (1 << c.shift_y) - 1) >> c.shift_y);
      const size_t p = static_cast<size_t>(c.plane);
      for (int y = 0; y < plane.height; ++y)
        for (int x = 0; x < plane.width; ++x)
          plane.at(x, y) = sample(view.planes[p] + int64_t{y} * view.strides[p] + x * c.step + c.offset, c.bits);
      planes.push_back(std::move(plane));
    }
    return planes;
  }

  /// The part of the picture as out_width x out_height RGB pixels, 0 .. 255, in double precision.
  std::array<reference::Plane, 3> as_rgb(double x, double y, double w, double h, int out_width, int out_height,
                                         reference::Resampling how = {}) const {
    std::vector<reference::Plane> resized;
    const auto places = component_places(view.format);
    const auto planes = components();
    for (size_t c = 0; c < planes.size(); ++c) {
      const double sx = 1.0 / (1 << places[c].shift_x), sy = 1.0 / (1 << places[c].shift_y);
      resized.push_back(reference::resize(planes[c], x * sx, y * sy, w * sx, h * sy, out_width, out_height, how));
    }
    if (resized.size() == 1) return {resized[0], resized[0], resized[0]};
    if (is_yuv(view.format))
      for (int j = 0; j < out_height; ++j)
        for (int i = 0; i < out_width; ++i) {
          const auto rgb = reference::rgb_of_yuv({resized[0].at(i, j), resized[1].at(i, j), resized[2].at(i, j)},
                                                 view.matrix, view.full_range);
          for (size_t c = 0; c < 3; ++c) resized[c].at(i, j) = rgb[c];
        }
    return {resized[0], resized[1], resized[2]};
  }

  ImageView view;

 private:
  static double sample(const uint8_t* at, int bits) {
    return bits ? std::min(255., std::floor((at[0] + 256. * at[1]) / (1 << bits) + 0.5)) : at[0];
  }

  std::vector<GuardedBytes> memory_;
  std::vector<size_t> sizes_;
};

}  // namespace cnn::test
