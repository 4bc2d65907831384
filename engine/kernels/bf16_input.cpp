// SPDX-License-Identifier: MIT
#include "engine/kernels/bf16_input.h"

#include <algorithm>

#include "engine/kernels/bf16.h"

namespace cnn {

bool Bf16Input::fits(const ConvGeometry& g) {
  return g.kernel[0] == 1 && g.input[0] == 1 && g.output[0] == 1 && g.group_channels() > 1;
}

Bf16Input::Bf16Input(const ConvGeometry& geometry, int64_t input_step)
    : g_(geometry), step_(input_step), group_pairs_(bf16_pairs(geometry.group_channels())) {
  // Where output pixel p reads input pixel p and nothing else, rows of one pixel leave nothing at the ends of a block.
  const bool pixel_by_pixel = g_.taps() == 1 && g_.stride[1] == 1 && g_.stride[2] == 1 && g_.input == g_.output &&
                              g_.pad_begin[1] == 0 && g_.pad_begin[2] == 0;
  if (pixel_by_pixel) g_.input = g_.output = {1, g_.input[1] * g_.input[2], 1};
}

ConvGeometry Bf16Input::paired() const {
  ConvGeometry g = g_;
  g.channels = g.groups * group_pairs_;
  return g;
}

Bf16Input::Rows Bf16Input::rows_of(int64_t first, int64_t pixels) const {
  const int64_t height = g_.input[1];
  const auto window_begin = [&](int64_t output_row) {
    return output_row % g_.output[1] * g_.stride[1] - g_.pad_begin[1];
  };
  const int64_t top = first / g_.output[2], bottom = (first + pixels - 1) / g_.output[2];
  const int64_t begin = std::clamp<int64_t>(window_begin(top), 0, height);
  const int64_t end = std::clamp<int64_t>(window_begin(bottom) + (g_.kernel[1] - 1) * g_.dilation[1] + 1, 0, height);
  const Rows rows{top / g_.output[1] * height + begin, bottom / g_.output[1] * height + end};
  return {rows.begin, std::max(rows.begin, rows.end)};
}

int64_t Bf16Input::bytes(int64_t block_pixels) const {
  int64_t most = 0;
  for (int64_t first = 0; first < g_.output_pixels(); first += block_pixels) {
    const Rows rows = rows_of(first, std::min(block_pixels, g_.output_pixels() - first));
    most = std::max(most, rows.end - rows.begin);
  }
  return most * g_.input[2] * g_.groups * group_pairs_ * static_cast<int64_t>(sizeof(float));
}

/// Strides may skip rows (axis 1) or columns (axis 2), as those of 1x1 convolutions do.
bool Bf16Input::reads_all(size_t axis) const { return g_.dilation[axis] > 1 || g_.stride[axis] <= g_.kernel[axis]; }

bool Bf16Input::reads(size_t axis, int64_t position) const {
  return reads_all(axis) || (position + g_.pad_begin[axis]) % g_.stride[axis] < g_.kernel[axis];
}

void Bf16Input::round_pixels(const float* from, int64_t pixels, float* to) const {
  const int64_t length = g_.group_channels();
  if (g_.groups == 1 || length % 2 == 0) return round_to_bf16({from, pixels, step_, g_.channels, to});
  for (int64_t pixel = 0; pixel < pixels; ++pixel, from += step_, to += g_.groups * group_pairs_)
    round_to_bf16({from, g_.groups, length, length, to});
}

const float* Bf16Input::round(const float* input, int64_t first, int64_t pixels, float* memory) const {
  const Rows rows = rows_of(first, pixels);
  const int64_t width = g_.input[2], pairs = g_.groups * group_pairs_;
  const float* from = input + rows.begin * width * step_;
  if (reads_all(1) && reads_all(2))
    round_pixels(from, (rows.end - rows.begin) * width, memory);
  else
    for (int64_t pixel = 0; pixel < (rows.end - rows.begin) * width; ++pixel)
      if (reads(1, (rows.begin + pixel / width) % g_.input[1]) && reads(2, pixel % width))
        round_pixels(from + pixel * step_, 1, memory + pixel * pairs);
  return memory - rows.begin * width * pairs;
}

}  // namespace cnn
