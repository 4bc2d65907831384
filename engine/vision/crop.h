// SPDX-License-Identifier: MIT
#pragma once

#include "engine/base/api.h"
#include "engine/vision/image.h"

namespace cnn {

/// A rectangle of pixels, origin at the top left; it may reach beyond the picture it speaks of.
struct Box {
  int x = 0, y = 0, width = 0, height = 0;
  bool empty() const { return width < 1 || height < 1; }
  bool operator==(const Box&) const = default;
};

/// The part of `box` inside a picture of width x height; empty (all zero) when nothing is.
CNN_API Box clipped(const Box& box, int width, int height);

/// The part `box` of `image`, in the same memory: nothing is copied. `box` is not empty and lies inside. Where the
/// format has one chroma sample for two columns or rows, a left or top edge between them moves out to the one before,
/// so that luma and chroma stay together; right and bottom edges stay.
CNN_API ImageView cropped(const ImageView& image, const Box& box);

}  // namespace cnn
