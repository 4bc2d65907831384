// SPDX-License-Identifier: MIT
#include "engine/vision/pixel_transform.h"

#include <algorithm>

namespace cnn {

float channel_of(const std::vector<float>& values, size_t channel, float fallback) {
  if (values.empty()) return fallback;
  return values[std::min(channel, values.size() - 1)];
}

PixelTransform normalising_transform(const Preprocessing& p, const InputFormat& input) {
  PixelTransform transform;
  transform.inputs = transform.outputs = input.channels;
  for (size_t c = 0; c < 3; ++c) {
    const float mean = channel_of(p.mean, c, input.element == PixelElement::Int8 ? 128.0f : 0.0f);
    transform.scale[c] = channel_of(p.scale, c, input.element == PixelElement::Float32 ? 1.0f / 255 : 1.0f);
    transform.bias[c] = static_cast<float>(-double{mean} * transform.scale[c]);
    transform.matrix[c][c] = 1;
  }
  return transform;
}

PixelTransform with_color(PixelTransform transform, const ColorTransform& color) {
  transform.inputs = color.inputs;
  for (size_t c = 0; c < 3; ++c) {
    for (size_t k = 0; k < 3; ++k) transform.matrix[c][k] = static_cast<float>(color.matrix[c][k]);
    transform.offset[c] = static_cast<float>(color.offset[c]);
  }
  return transform;
}

ChannelOrder order_of(const Preprocessing& preprocessing, const InputFormat& input) {
  return preprocessing.order.value_or(input.channels == 1 ? ChannelOrder::Gray : ChannelOrder::Rgb);
}

}  // namespace cnn
