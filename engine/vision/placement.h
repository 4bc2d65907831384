// SPDX-License-Identifier: MIT
#pragma once

#include "engine/base/api.h"
#include "engine/kernels/resize_filter.h"
#include "engine/vision/preprocessing.h"

namespace cnn {

/// Which part of a picture goes where in the network's input; pixels, origin at the top left.
struct Placement {
  double source_x, source_y, source_width, source_height;  ///< inside the picture, at sub-pixel precision
  int x, y, width, height;                                 ///< inside the input; the rest is filled
};

/// picture_* and input_* >= 1; crop in (0, 1].
CNN_API Placement place(ResizeMode mode, double crop, int picture_width, int picture_height, int input_width,
                        int input_height);

/// Filter along one axis of a placement, over samples each of which stands for 1 << shift pixels: `pixels` of the picture,
/// of which [begin, begin + extent) becomes `count` results; tap_multiple as for make_resize_filter().
ResizeFilter axis_filter(const Preprocessing& preprocessing, int pixels, double begin, double extent, int count, int shift,
                         int tap_multiple);

}  // namespace cnn
