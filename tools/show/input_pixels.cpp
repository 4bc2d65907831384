// SPDX-License-Identifier: MIT
#include "tools/show/input_pixels.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace cnn::tools {

InputPixels::InputPixels(const ImageInput& input)
    : height_(input.format.height),
      width_(input.format.width),
      channels_(input.format.channels),
      element_(input.format.element),
      interleaved_(input.channels_declared_last) {}

/// visit(channel, value) returns the element's new value.
template <class Visit>
void InputPixels::visit(std::vector<std::byte>& input, const InputBox& box, Visit&& visit) const {
  const auto typed = [&]<class T>(T* elements) {
    for (int y = std::max(0, box.top); y < std::min(height_, box.bottom); ++y)
      for (int x = std::max(0, box.left); x < std::min(width_, box.right); ++x)
        for (int c = 0; c < channels_; ++c) {
          const int64_t at =
              interleaved_ ? (int64_t{y} * width_ + x) * channels_ + c : (int64_t{c} * height_ + y) * width_ + x;
          const double value = visit(static_cast<size_t>(c), static_cast<double>(elements[at]));
          if constexpr (std::is_integral_v<T>)
            elements[at] = static_cast<T>(std::clamp(std::round(value), double{std::numeric_limits<T>::min()},
                                                     double{std::numeric_limits<T>::max()}));
          else
            elements[at] = static_cast<T>(value);
        }
  };
  if (element_ == PixelElement::Float32)
    typed(reinterpret_cast<float*>(input.data()));
  else if (element_ == PixelElement::UInt8)
    typed(reinterpret_cast<uint8_t*>(input.data()));
  else
    typed(reinterpret_cast<int8_t*>(input.data()));
}

std::vector<double> InputPixels::average(const std::vector<std::byte>& input) const {
  std::vector<std::byte> copy = input;
  std::vector<double> sums(static_cast<size_t>(channels_));
  visit(copy, {0, 0, height_, width_}, [&](size_t c, double value) {
    sums[c] += value;
    return value;
  });
  for (double& sum : sums) sum /= double{static_cast<double>(height_) * width_};
  return sums;
}

std::vector<double> InputPixels::deviation(const std::vector<std::byte>& input) const {
  std::vector<std::byte> copy = input;
  const std::vector<double> mean = average(input);
  std::vector<double> sums(static_cast<size_t>(channels_));
  visit(copy, {0, 0, height_, width_}, [&](size_t c, double value) {
    sums[c] += (value - mean[c]) * (value - mean[c]);
    return value;
  });
  for (double& sum : sums) sum = std::sqrt(sum / (static_cast<double>(height_) * width_));
  return sums;
}

void InputPixels::fill(std::vector<std::byte>& input, const InputBox& box, const std::vector<double>& values) const {
  visit(input, box, [&](size_t c, double) { return values[c]; });
}

void InputPixels::add(std::vector<std::byte>& input, const InputBox& box, const std::vector<double>& values) const {
  visit(input, box, [&](size_t c, double value) { return value + values[c]; });
}

}  // namespace cnn::tools
