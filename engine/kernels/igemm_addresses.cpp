// SPDX-License-Identifier: MIT
#include "engine/kernels/igemm_addresses.h"

#include <algorithm>
#include <cstring>

namespace cnn {

/// An output pixel's window: its first input coordinates (negative in the padding).
struct ConvAddresses::Pixel {
  std::array<int64_t, 3> start;
};

ConvAddresses::ConvAddresses(const ConvGeometry& geometry, int64_t input_step) : g_(geometry), step_(input_step) {
  // Below one vector of channels the loop over a run is too short to be worth a tap of its own.
  constexpr int64_t few_channels = 16, most_copied = 512;
  const int64_t row = g_.kernel[2] * g_.channels;
  linear_ = g_.taps() == 1 && g_.stride == std::array<int64_t, 3>{1, 1, 1} && g_.input == g_.output &&
            g_.pad_begin == std::array<int64_t, 3>{0, 0, 0};
  whole_rows_ = g_.groups == 1 && g_.kernel[2] > 1 && g_.dilation[2] == 1 && step_ == g_.channels &&
                g_.channels < few_channels && g_.taps() * g_.channels <= most_copied;
  taps_ = whole_rows_ ? g_.kernel[0] * g_.kernel[1] : g_.taps();
  channels_ = whole_rows_ ? row : g_.group_channels();
  zeros_.resize(static_cast<size_t>(std::max<int64_t>(1, whole_rows_ ? row : g_.channels)));
  for (int64_t z = 0; z < g_.kernel[0]; ++z)
    for (int64_t y = 0; y < g_.kernel[1]; ++y)
      for (int64_t x = 0; x < (whole_rows_ ? 1 : g_.kernel[2]); ++x)
        offsets_.push_back(
            ((z * g_.dilation[0] * g_.input[1] + y * g_.dilation[1]) * g_.input[2] + x * g_.dilation[2]) * step_);
}

int64_t ConvAddresses::bytes_per_pixel() const {
  const int64_t copies = whole_rows_ ? taps_ * channels_ : 0;
  return taps_ * static_cast<int64_t>(sizeof(const float*)) + copies * static_cast<int64_t>(sizeof(float));
}

void ConvAddresses::tap_addresses(const float* image, const Pixel& pixel, const float* padding,
                                  const float** list) const {
  const auto inside = [&](int axis, int64_t i) { return i >= 0 && i < g_.input[static_cast<size_t>(axis)]; };
  for (int64_t kz = 0; kz < g_.kernel[0]; ++kz) {
    const int64_t z = pixel.start[0] + kz * g_.dilation[0];
    for (int64_t ky = 0; ky < g_.kernel[1]; ++ky) {
      const int64_t y = pixel.start[1] + ky * g_.dilation[1];
      const bool row_inside = inside(0, z) && inside(1, y);
      const float* row = row_inside ? image + (z * g_.input[1] + y) * g_.input[2] * step_ : nullptr;
      for (int64_t kx = 0; kx < g_.kernel[2]; ++kx) {
        const int64_t x = pixel.start[2] + kx * g_.dilation[2];
        *list++ = row_inside && inside(2, x) ? row + x * step_ : padding;
      }
    }
  }
}

void ConvAddresses::row_addresses(const float* image, const Pixel& pixel, const float* padding, const float** list,
                                  float* copies) const {
  const int64_t x = pixel.start[2];
  const int64_t left = std::clamp<int64_t>(-x, 0, g_.kernel[2]);
  const int64_t right = std::clamp<int64_t>(g_.input[2] - x, left, g_.kernel[2]);
  for (int64_t kz = 0; kz < g_.kernel[0]; ++kz) {
    const int64_t z = pixel.start[0] + kz * g_.dilation[0];
    for (int64_t ky = 0; ky < g_.kernel[1]; ++ky, copies += channels_) {
      const int64_t y = pixel.start[1] + ky * g_.dilation[1];
      if (z < 0 || z >= g_.input[0] || y < 0 || y >= g_.input[1] || left == right) {
        *list++ = padding;
        continue;
      }
      const float* row = image + (z * g_.input[1] + y) * g_.input[2] * step_;
      if (left == 0 && right == g_.kernel[2]) {
        *list++ = row + x * step_;
        continue;
      }
      const auto bytes = [](int64_t floats) { return static_cast<size_t>(floats) * sizeof(float); };
      std::memcpy(copies, padding, bytes(channels_));
      std::memcpy(copies + left * step_, row + (x + left) * step_, bytes((right - left) * step_));
      *list++ = copies;
    }
  }
}

void ConvAddresses::fill_row(const float* image, Pixel pixel, int64_t pixels, const float* padding, const float** list,
                             float* copies) const {
  const auto last = [&](size_t axis) { return pixel.start[axis] + (g_.kernel[axis] - 1) * g_.dilation[axis]; };
  const bool rows_inside = pixel.start[0] >= 0 && last(0) < g_.input[0] && pixel.start[1] >= 0 && last(1) < g_.input[1];
  const int64_t row = (pixel.start[0] * g_.input[1] + pixel.start[1]) * g_.input[2];
  for (int64_t i = 0; i < pixels; ++i, pixel.start[2] += g_.stride[2], list += taps_) {
    if (rows_inside && pixel.start[2] >= 0 && last(2) < g_.input[2]) {
      const float* window = image + (row + pixel.start[2]) * step_;
      for (int64_t tap = 0; tap < taps_; ++tap) list[tap] = window + offsets_[static_cast<size_t>(tap)];
    } else if (whole_rows_) {
      row_addresses(image, pixel, padding, list, copies + i * taps_ * channels_);
    } else {
      tap_addresses(image, pixel, padding, list);
    }
  }
}

const float* const* ConvAddresses::fill(const float* input, int64_t first, int64_t pixels, void* memory,
                                        const float* padding) const {
  const auto list = static_cast<const float**>(memory);
  if (linear_) {
    for (int64_t i = 0; i < pixels; ++i) list[i] = input + (first + i) * step_;
    return list;
  }
  const auto copies = reinterpret_cast<float*>(list + pixels * taps_);
  const int64_t image_floats = g_.input[0] * g_.input[1] * g_.input[2] * step_;
  for (int64_t done = 0; done < pixels;) {
    const int64_t x = (first + done) % g_.output[2], line = (first + done) / g_.output[2];
    const int64_t y = line % g_.output[1], plane = line / g_.output[1];
    const int64_t z = plane % g_.output[0], image = plane / g_.output[0];
    const int64_t count = std::min(pixels - done, g_.output[2] - x);
    Pixel pixel;
    const std::array<int64_t, 3> at{z, y, x};
    for (size_t axis = 0; axis < 3; ++axis) pixel.start[axis] = at[axis] * g_.stride[axis] - g_.pad_begin[axis];
    fill_row(input + image * image_floats, pixel, count, padding, list + done * taps_,
             copies + done * taps_ * channels_);
    done += count;
  }
  return list;
}

}  // namespace cnn
