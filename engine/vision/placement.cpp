// SPDX-License-Identifier: MIT
#include "engine/vision/placement.h"

#include <algorithm>
#include <cmath>

#include "engine/vision/pixel_format.h"

namespace cnn {

Placement place(ResizeMode mode, double crop, int picture_width, int picture_height, int input_width,
                int input_height) {
  const double w = picture_width, h = picture_height;
  switch (mode) {
    case ResizeMode::CentreCrop: {
      const double ratio = std::min(w / input_width, h / input_height) * crop;
      const double cut_width = std::min(w, input_width * ratio), cut_height = std::min(h, input_height * ratio);
      return {(w - cut_width) / 2, (h - cut_height) / 2, cut_width, cut_height, 0, 0, input_width, input_height};
    }
    case ResizeMode::Letterbox: {
      const double ratio = std::min(input_width / w, input_height / h);
      const int width = std::clamp(static_cast<int>(std::lround(w * ratio)), 1, input_width);
      const int height = std::clamp(static_cast<int>(std::lround(h * ratio)), 1, input_height);
      return {0, 0, w, h, (input_width - width) / 2, (input_height - height) / 2, width, height};
    }
    case ResizeMode::Stretch:
      break;
  }
  return {w * (1 - crop) / 2, h * (1 - crop) / 2, w * crop, h * crop, 0, 0, input_width, input_height};
}

ResizeFilter axis_filter(const Preprocessing& preprocessing, int pixels, double begin, double extent, int count, int shift,
                         int tap_multiple) {
  const double samples = 1.0 / (1 << shift);
  return make_resize_filter(subsampled(pixels, shift), begin * samples, extent * samples, count, tap_multiple,
                            preprocessing.antialias, preprocessing.interpolation);
}

}  // namespace cnn
