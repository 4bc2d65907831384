// SPDX-License-Identifier: MIT
#include "engine/vision/crop.h"

#include <algorithm>

#include "engine/vision/pixel_format.h"

namespace cnn {

Box clipped(const Box& box, int width, int height) {
  // In 64 bits: detectors' numbers are not to be trusted to stay below the sum that 32 bits hold.
  const int64_t left = std::max<int64_t>(box.x, 0), top = std::max<int64_t>(box.y, 0);
  const int64_t right = std::min<int64_t>(int64_t{box.x} + box.width, width);
  const int64_t bottom = std::min<int64_t>(int64_t{box.y} + box.height, height);
  if (right <= left || bottom <= top) return {};
  return {static_cast<int>(left), static_cast<int>(top), static_cast<int>(right - left),
          static_cast<int>(bottom - top)};
}

ImageView cropped(const ImageView& image, const Box& box) {
  const FormatLayout& layout = layout_of(image.format);
  int x_shift = 0, y_shift = 0;
  for (int p = 0; p < layout.planes; ++p) {
    const PlaneLayout& plane = layout.plane[static_cast<size_t>(p)];
    y_shift = std::max(y_shift, plane.y_shift);
    for (int s = 0; s < plane.sets; ++s) x_shift = std::max(x_shift, plane.samples[static_cast<size_t>(s)].x_shift);
  }
  const int x = box.x >> x_shift << x_shift, y = box.y >> y_shift << y_shift;
  ImageView part = image;
  part.width = box.x + box.width - x;
  part.height = box.y + box.height - y;
  for (size_t p = 0; p < static_cast<size_t>(layout.planes); ++p) {
    const PlaneLayout& plane = layout.plane[p];
    const Samples& samples = plane.samples[0];
    part.planes[p] += int64_t{y >> plane.y_shift} * image.strides[p] + int64_t{x >> samples.x_shift} * samples.step * layout.sample_bytes();
  }
  return part;
}

}  // namespace cnn
