// SPDX-License-Identifier: MIT
#include "engine/vision/float_plane.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

namespace cnn {
namespace {

float value_for(const std::vector<float>& values, size_t channel, float fallback) {
  if (values.empty()) return fallback;
  return values[std::min(channel, values.size() - 1)];
}

template <class T>
T stored(float value) {
  if constexpr (std::is_same_v<T, float>) {
    return value;
  } else {
    constexpr float low = std::numeric_limits<T>::min(), high = std::numeric_limits<T>::max();
    // Not a number becomes 0.
    return static_cast<T>(value == value ? std::clamp(std::nearbyint(value), low, high) : 0.0f);
  }
}

template <class T>
void store(const ImageView& image, const Preprocessing& p, const InputFormat& input, T* out) {
  const size_t width = static_cast<size_t>(input.width), pixels = width * static_cast<size_t>(input.height);
  const size_t channels = static_cast<size_t>(input.channels);
  const size_t step = input.interleaved ? channels : 1;
  for (size_t c = 0; c < channels; ++c) {
    const float mean = value_for(p.mean, c, 0), scale = value_for(p.scale, c, 1);
    T* plane = out + (input.interleaved ? c : c * pixels);
    for (int y = 0; y < input.height; ++y) {
      const uint8_t* row = image.planes[0] + int64_t{y} * image.strides[0];
      for (size_t x = 0; x < width; ++x) {
        float value;
        std::memcpy(&value, row + x * sizeof value, sizeof value);  // rows need not be aligned
        plane[(static_cast<size_t>(y) * width + x) * step] = stored<T>((value - mean) * scale);
      }
    }
  }
}

}  // namespace

Status store_float_plane(const ImageView& image, const Preprocessing& p, const InputFormat& input, std::byte* out) {
  if (image.width != input.width || image.height != input.height)
    return error(ErrorCode::InvalidArgument, "the spectrogram has ", image.width, "x", image.height,
                 " values but the model's input has ", input.width, "x", input.height,
                 ": n-mels, patch-frames and layout must fit it");
  if (input.element != PixelElement::Float32 && p.scale.empty())
    return error(ErrorCode::InvalidArgument,
                 "the model's input is of integers, so \"scale\" in its preprocessing must ",
                 "say how a spectrogram becomes them");
  switch (input.element) {
    case PixelElement::Float32:
      store(image, p, input, reinterpret_cast<float*>(out));
      break;
    case PixelElement::UInt8:
      store(image, p, input, reinterpret_cast<uint8_t*>(out));
      break;
    case PixelElement::Int8:
      store(image, p, input, reinterpret_cast<int8_t*>(out));
      break;
  }
  return {};
}

}  // namespace cnn
