// SPDX-License-Identifier: MIT
#pragma once

#include <array>

#include "engine/base/api.h"
#include "engine/kernels/pixels.h"
#include "engine/kernels/resize_filter.h"
#include "engine/vision/placement.h"
#include "engine/vision/preprocess.h"

namespace cnn {

/// Where the samples of a component lie: of pixel (x, y), at byte (y >> y_shift) * stride + (x >> x_shift) * step + offset of
/// plane `plane`; see FormatLayout for deep_shift.
struct ComponentPlace {
  int plane = 0, step = 1, offset = 0;
  int x_shift = 0, y_shift = 0;
  int deep_shift = 0;
};

/// What Preprocessor does to pictures of one format, size and colour, for devices that do it by themselves: each result is
/// first summed down the columns, cut to 0 .. 255, then along the rows, cut again, and transformed.
struct FramePlan {
  Placement placement;
  PixelTransform transform;
  std::array<float, 3> fill{};                 ///< by channel: what is stored around the placement
  std::array<ComponentPlace, 3> components{};  ///< [transform.inputs]
  std::array<ResizeFilter, 2> columns, rows;   ///< by shift; count 0 where no component needs it
};

/// `image`: of which only format, size and colour count. Preprocessing and input as Preprocessor::create() accepts them, the
/// format any but GrayF32.
CNN_API FramePlan plan_frame(const ImageView& image, const Preprocessing& preprocessing, const InputFormat& input);

}  // namespace cnn
