// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "engine/base/result.h"
#include "engine/vision/image.h"
#include "engine/vision/preprocess.h"

namespace cnn {

/// Writes a plane of PixelFormat::GrayF32 into a network's input: (x - mean) * scale, to every channel of it; integers
/// are rounded to nearest and saturated. InvalidArgument when the plane has another size than the input, or when the
/// input is of integers and the preprocessing states no scale.
Status store_float_plane(const ImageView& image, const Preprocessing& preprocessing, const InputFormat& input,
                         std::byte* out);

}  // namespace cnn
