// SPDX-License-Identifier: MIT
#include "engine/kernels/depthwise.h"

#include <algorithm>
#include <array>
#include <limits>

#include "engine/kernels/depthwise_split.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/depthwise.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/activation_rows-inl.h"
#include "engine/kernels/depthwise_columns-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {

/// One output row under way.
struct OutputRow {
  const DepthwiseArguments& a;
  const ConvGeometry& g;
  const float* input;           ///< first pixel of the image
  int64_t first_tap, last_tap;  ///< kernel rows inside the image
  int64_t start;                ///< image row under kernel row 0
  int64_t first_channel, last_channel;

  const float* line(int64_t ky) const { return input + (start + ky * g.dilation[1]) * g.input[2] * a.input_step; }
};

/// Output columns [x, x + columns) in all channels that whole vectors cover; returns where those end.
int64_t compute_columns(const OutputRow& row, Columns work, int64_t x, int64_t columns, ColumnsFunction function) {
  const ConvGeometry& g = row.g;
  constexpr size_t max_kernel = 7, max_inputs = (columns_at_once - 1) * 2 + max_kernel;
  std::array<const float*, max_kernel * max_inputs> pixels;
  const float* zeros = row.a.packed + g.taps() * g.channels;
  const int64_t inputs = (columns - 1) * g.stride[2] + g.kernel[2];
  const int64_t left = x * g.stride[2] - g.pad_begin[2];
  size_t listed = 0;
  for (int64_t ky = row.first_tap; ky < row.last_tap; ++ky) {
    const float* line = row.line(ky);
    for (int64_t i = left; i < left + inputs; ++i)
      pixels[listed++] = i < 0 || i >= g.input[2] ? zeros : line + i * row.a.input_step;
  }
  work.pixels = pixels.data();
  work.rows = row.last_tap - row.first_tap;
  work.weights = row.a.packed + row.first_tap * g.kernel[2] * g.channels;
  return function(work, row.first_channel, row.last_channel);
}

/// Taps t in [0, kernel) with 0 <= start + t * dilation < extent: first and end.
std::array<int64_t, 2> taps_inside(int64_t start, int64_t kernel, int64_t dilation, int64_t extent) {
  const auto until = [&](int64_t bound) {  // taps below coordinate `bound`
    return start >= bound ? 0 : std::min(kernel, (bound - start + dilation - 1) / dilation);
  };
  const int64_t first = until(0);
  return {first, std::max(first, until(extent))};
}

/// Output column x in channels from `begin` on.
void compute_pixel(const OutputRow& row, const Columns& work, int64_t x, int64_t begin) {
  const ConvGeometry& g = row.g;
  const int64_t left = x * g.stride[2] - g.pad_begin[2];
  const auto [first, last] = taps_inside(left, g.kernel[2], g.dilation[2], g.input[2]);
  Window window{};
  window.rows = row.last_tap - row.first_tap;
  window.columns = last - first;
  if (window.rows > 0 && window.columns > 0) {
    window.input = row.line(row.first_tap) + (left + first * g.dilation[2]) * row.a.input_step;
    window.weights = row.a.packed + (row.first_tap * g.kernel[2] + first) * g.channels;
    window.input_row_step = g.dilation[1] * g.input[2] * row.a.input_step;
    window.input_step = g.dilation[2] * row.a.input_step;
    window.weights_row_step = g.kernel[2] * g.channels;
    window.weights_step = g.channels;
  } else {
    window.rows = 0;
  }
  add_pixel(work, window, begin, row.last_channel);
}

void compute_row(const DepthwiseArguments& a, int64_t image, int64_t y, int64_t first_channel, int64_t last_channel) {
  const ConvGeometry& g = *a.geometry;
  const RowsActivation activation(a.activation);
  const int64_t start = y * g.stride[1] - g.pad_begin[1];
  const auto [first_tap, last_tap] = taps_inside(start, g.kernel[1], g.dilation[1], g.input[1]);
  const OutputRow row{a,
                      g,
                      a.input + image * g.input[1] * g.input[2] * a.input_step,
                      first_tap,
                      last_tap,
                      start,
                      first_channel,
                      last_channel};
  const int64_t first_pixel = (image * g.output[1] + y) * g.output[2];
  Columns work{};
  work.channels = g.channels;
  work.bias = a.bias;
  work.residual_step = a.residual_step;
  work.output_step = a.output_step;
  work.low = activation.clamps() ? activation.low() : -std::numeric_limits<float>::infinity();
  work.high = activation.clamps() ? activation.high() : std::numeric_limits<float>::infinity();

  const bool special = columns_function(1, g.kernel[2], g.stride[2]) && g.kernel[1] <= 7 && g.dilation[2] == 1;
  constexpr auto most = static_cast<int64_t>(columns_at_once);
  const int64_t strips = (g.output[2] + most - 1) / most;
  for (int64_t strip = 0; strip < strips; ++strip) {
    const int64_t x = g.output[2] * strip / strips, columns = g.output[2] * (strip + 1) / strips - x;
    work.output = a.output + (first_pixel + x) * a.output_step;
    work.residual = a.residual ? a.residual + (first_pixel + x) * a.residual_step : nullptr;
    const ColumnsFunction function = special ? columns_function(columns, g.kernel[2], g.stride[2]) : nullptr;
    const int64_t done = function ? compute_columns(row, work, x, columns, function) : first_channel;
    if (done < last_channel) {
      Columns single = work;
      for (int64_t i = 0; i < columns; ++i) {
        compute_pixel(row, single, x + i, done);
        single.output += a.output_step;
        if (single.residual) single.residual += a.residual_step;
      }
    }
    if (!activation.clamps())
      activation.apply(work.output + first_channel, a.output_step, columns, last_channel - first_channel);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cnn {

HWY_EXPORT(compute_row);

void pack_depthwise(const ConvGeometry& g, const float* weights, int64_t channel_step, int64_t tap_step,
                    float* packed) {
  const int64_t taps = g.taps();
  for (int64_t tap = 0; tap < taps; ++tap)
    for (int64_t c = 0; c < g.channels; ++c) packed[tap * g.channels + c] = weights[c * channel_step + tap * tap_step];
  std::fill_n(packed + taps * g.channels, g.channels, 0.0f);
}

void depthwise_rows(const DepthwiseArguments& arguments, int64_t image, int64_t first, int64_t last) {
  const auto function = HWY_DYNAMIC_DISPATCH(compute_row);
  for (int64_t y = first; y < last; ++y) function(arguments, image, y, 0, arguments.geometry->channels);
}

void depthwise(const DepthwiseArguments& arguments, Workers& workers) {
  const ConvGeometry& g = *arguments.geometry;
  const auto function = HWY_DYNAMIC_DISPATCH(compute_row);
  divide_depthwise(g, 1e5, workers, [&](int64_t row, int64_t first, int64_t last) {
    function(arguments, row / g.output[1], row % g.output[1], first, last);
  });
}

}  // namespace cnn
#endif  // HWY_ONCE
