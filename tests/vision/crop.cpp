// SPDX-License-Identifier: MIT
#include "engine/vision/crop.h"

#include <gtest/gtest.h>

#include <climits>
#include <random>
#include <string>
#include <vector>

#include "engine/vision/pixel_format.h"
#include "engine/vision/preprocess.h"

namespace cnn {
namespace {

constexpr PixelFormat kFormats[] = {PixelFormat::Rgb,  PixelFormat::Bgrx, PixelFormat::Argb, PixelFormat::Gray8,
                                    PixelFormat::Nv12, PixelFormat::Nv21, PixelFormat::I420, PixelFormat::Yv12,
                                    PixelFormat::Yuy2, PixelFormat::Uyvy, PixelFormat::Nv16, PixelFormat::Nv24,
                                    PixelFormat::Y42b, PixelFormat::Y444, PixelFormat::Gbr,  PixelFormat::Gray16,
                                    PixelFormat::P010, PixelFormat::I420_10};

bool halves_rows(PixelFormat format) {
  return (format >= PixelFormat::Nv12 && format <= PixelFormat::Yv12) || format == PixelFormat::P010 ||
         format == PixelFormat::I420_10;
}
bool halves_columns(PixelFormat format) {
  return halves_rows(format) || format == PixelFormat::Yuy2 || format == PixelFormat::Uyvy ||
         format == PixelFormat::Nv16 || format == PixelFormat::Y42b;
}

/// A picture with memory of its own.
struct Picture {
  Picture(PixelFormat format, int width, int height) {
    view.format = format;
    view.width = width;
    view.height = height;
    for (int p = 0; p < layout_of(format).planes; ++p) {
      const auto plane = static_cast<size_t>(p);
      view.strides[plane] = static_cast<int>(row_bytes(format, width, p)) + 5;
      memory[plane].resize(static_cast<size_t>(view.strides[plane]) * static_cast<size_t>(rows(p)));
      view.planes[plane] = memory[plane].data();
    }
  }
  int rows(int p) const {
    return subsampled(view.height, layout_of(view.format).plane[static_cast<size_t>(p)].y_shift);
  }
  ImageView view;
  std::array<std::vector<uint8_t>, 3> memory;
};

Picture noise(PixelFormat format, int width, int height) {
  Picture picture(format, width, height);
  std::mt19937 generator(7);
  for (auto& plane : picture.memory)
    for (uint8_t& byte : plane) byte = static_cast<uint8_t>(generator());
  return picture;
}

/// The picture that a copy of the pixels of `box` (even at its left and top) makes.
Picture copy_of(const Picture& whole, const Box& box) {
  const PixelFormat format = whole.view.format;
  Picture part(format, box.width, box.height);
  for (int p = 0; p < layout_of(format).planes; ++p) {
    const auto plane = static_cast<size_t>(p);
    const int64_t left = row_bytes(format, box.x, p);
    const int top = box.y >> layout_of(format).plane[plane].y_shift;
    for (int row = 0; row < part.rows(p); ++row)
      for (int64_t i = 0; i < row_bytes(format, box.width, p); ++i)
        part.memory[plane][static_cast<size_t>(row * part.view.strides[plane] + i)] =
            whole.view.planes[plane][(top + row) * whole.view.strides[plane] + left + i];
  }
  return part;
}

std::vector<std::byte> preprocessed(const ImageView& view) {
  InputFormat input;
  input.width = 12;
  input.height = 10;
  auto preprocessor = Preprocessor::create({}, input);
  std::vector<std::byte> out(input.bytes());
  EXPECT_TRUE(preprocessor && preprocessor->run(view, out.data()));
  return out;
}

TEST(Crop, IsWhatACopyOfItsPixelsWouldBe) {
  for (const PixelFormat format : kFormats) {
    const Picture whole = noise(format, 61, 47);
    for (const Box& box : {Box{0, 0, 61, 47}, {10, 6, 20, 16}, {60, 46, 1, 1}, {2, 4, 7, 9}, {30, 0, 31, 47}}) {
      const ImageView part = cropped(whole.view, box);
      EXPECT_EQ(part.width, box.width);
      EXPECT_EQ(part.height, box.height);
      EXPECT_EQ(preprocessed(part), preprocessed(copy_of(whole, box).view))
          << "format " << static_cast<int>(format) << " at " << box.x << ", " << box.y;
    }
  }
}

TEST(Crop, MovesEdgesOutToTheChromaSample) {
  for (const PixelFormat format : kFormats) {
    const Picture whole = noise(format, 61, 47);
    const ImageView part = cropped(whole.view, {5, 3, 11, 8});
    const int x = halves_columns(format) ? 4 : 5, y = halves_rows(format) ? 2 : 3;
    EXPECT_EQ(part.width, 16 - x) << static_cast<int>(format);
    EXPECT_EQ(part.height, 11 - y) << static_cast<int>(format);
    if (x == 5) continue;
    EXPECT_EQ(preprocessed(part), preprocessed(cropped(whole.view, {x, y, 16 - x, 11 - y})))
        << static_cast<int>(format);
  }
}

TEST(Crop, ClipsBoxesToThePicture) {
  EXPECT_EQ(clipped({-4, 2, 10, 3}, 20, 10), (Box{0, 2, 6, 3}));
  EXPECT_EQ(clipped({15, 8, 10, 10}, 20, 10), (Box{15, 8, 5, 2}));
  EXPECT_EQ(clipped({0, 0, 20, 10}, 20, 10), (Box{0, 0, 20, 10}));
  for (const Box& outside : {Box{20, 0, 5, 5}, {-5, 0, 5, 5}, {0, -9, 5, 9}, {3, 3, 0, 4}, {3, 3, 4, -1}})
    EXPECT_TRUE(clipped(outside, 20, 10).empty()) << outside.x;
}

TEST(Crop, ClipsTheLargestNumbers) {
  EXPECT_EQ(clipped({5, 5, INT_MAX, INT_MAX}, 20, 10), (Box{5, 5, 15, 5}));
  EXPECT_EQ(clipped({INT_MIN, 0, INT_MAX, 4}, 20, 10), (Box{}));
  EXPECT_EQ(clipped({INT_MAX, INT_MAX, INT_MAX, INT_MAX}, 20, 10), (Box{}));
}

}  // namespace
}  // namespace cnn
