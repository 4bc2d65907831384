// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

#include "engine/kernels/pixels.h"
#include "engine/vision/color.h"
#include "engine/vision/preprocess.h"

namespace cnn {

/// Value of `channel`: one value holds for all channels, none means `fallback`.
float channel_of(const std::vector<float>& values, size_t channel, float fallback);

/// From channels in 0 .. 255 to what the network reads, as for Letterbox's fill: no change of colour.
PixelTransform normalising_transform(const Preprocessing& preprocessing, const InputFormat& input);

/// `normalising` with the change of colour before it.
PixelTransform with_color(PixelTransform normalising, const ColorTransform& color);

/// The channels of a network that a model's preprocessing and input state; see Preprocessor::create() for what fits.
ChannelOrder order_of(const Preprocessing& preprocessing, const InputFormat& input);

}  // namespace cnn
