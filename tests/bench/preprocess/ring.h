// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/vision/image.h"

namespace cnn::bench {

/// A plane of the formats compared: `step` bytes for each group of 1 << shift_x pixels, in every (1 << shift_y)th row.
struct Plane {
  int step, shift_x, shift_y;
};

struct Layout {
  PixelFormat format;
  std::vector<Plane> planes;
};

inline std::optional<Layout> layout_named(const std::string& name) {
  if (name == "NV12") return Layout{PixelFormat::Nv12, {{1, 0, 0}, {2, 1, 1}}};
  if (name == "I420") return Layout{PixelFormat::I420, {{1, 0, 0}, {1, 1, 1}, {1, 1, 1}}};
  if (name == "YUY2") return Layout{PixelFormat::Yuy2, {{4, 1, 0}}};
  if (name == "RGB") return Layout{PixelFormat::Rgb, {{3, 0, 0}}};
  if (name == "BGRx") return Layout{PixelFormat::Bgrx, {{4, 0, 0}}};
  return std::nullopt;
}

/// Frames one behind the other, rows without padding, used in turn: enough bytes that each comes from memory as a
/// camera's or a decoder's frame does, or one frame that stays in the caches.
class Ring {
 public:
  /// Width and height must be multiples of 4. Byte b of a group at (x, y) of a plane is a gradient that
  /// opencv_worker.py draws too.
  Ring(const Layout& layout, int width, int height, size_t bytes) : layout_(layout), width_(width), height_(height) {
    for (const Plane& plane : layout.planes) {
      const int columns = width >> plane.shift_x, rows = height >> plane.shift_y;
      for (int y = 0; y < rows; ++y)
        for (int x = 0; x < columns; ++x)
          for (int b = 0; b < plane.step; ++b)
            bytes_.push_back(static_cast<uint8_t>(60 + offset(plane, b) + 60 * x / columns + 50 * y / rows));
    }
    frame_bytes_ = bytes_.size();
    count_ = std::max<size_t>(1, bytes / frame_bytes_);
    bytes_.resize(count_ * frame_bytes_);
    for (size_t i = 1; i < count_; ++i)
      std::copy_n(bytes_.begin(), frame_bytes_, bytes_.begin() + static_cast<ptrdiff_t>(i * frame_bytes_));
  }

  uint8_t* next() { return bytes_.data() + frame_bytes_ * (turn_++ % count_); }
  size_t frame_bytes() const { return frame_bytes_; }

  ImageView next_view() {
    ImageView view;
    view.format = layout_.format;
    view.width = width_;
    view.height = height_;
    const uint8_t* at = next();
    for (size_t p = 0; p < layout_.planes.size(); ++p) {
      view.planes[p] = at;
      view.strides[p] = (width_ >> layout_.planes[p].shift_x) * layout_.planes[p].step;
      at += int64_t{view.strides[p]} * (height_ >> layout_.planes[p].shift_y);
    }
    return view;
  }

 private:
  // Components differ; the two luma bytes of YUY2 do not.
  static int offset(const Plane& plane, int b) { return plane.shift_x == 1 && b == 2 ? 0 : 20 * b; }

  Layout layout_;
  int width_, height_;
  std::vector<uint8_t> bytes_;
  size_t frame_bytes_ = 0, count_ = 1, turn_ = 0;
};

}  // namespace cnn::bench
