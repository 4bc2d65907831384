// SPDX-License-Identifier: MIT
#include "engine/kernels/qdepthwise.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "engine/kernels/depthwise_split.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/qdepthwise.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/qdepthwise_columns-inl.h"
#include "engine/kernels/qgemm_output-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {

/// One output row under way.
template <class T>
struct QRow {
  const QdepthwiseArguments& a;
  const ConvGeometry& g;
  const QdepthwiseOutput& output;
  const T* image;        ///< its first pixel
  const T* zeros;        ///< a pixel of zero points
  const int32_t* start;  ///< what the sums of each channel begin with
  int64_t top;           ///< image row under kernel row 0
  int64_t first_channel, last_channel;

  /// The image row under kernel row `ky`, null outside of the image.
  const T* line(int64_t ky) const {
    const int64_t y = top + ky * g.dilation[1];
    return y >= 0 && y < g.input[1] ? image + y * g.input[2] * a.input_step : nullptr;
  }
  /// The input pixel under tap (ky, kx) of the window that begins in column `left`; it may lie outside.
  const T* pixel(int64_t ky, int64_t left, int64_t kx) const {
    const T* pixels = line(ky);
    const int64_t x = left + kx * g.dilation[2];
    return pixels && x >= 0 && x < g.input[2] ? pixels + x * a.input_step : zeros;
  }
};

/// Output pixel x in channels [begin, end), at most channels_at_once, whose first goes to `to`.
template <class T>
void compute_pixel(const QRow<T>& row, int64_t x, int64_t begin, int64_t end, std::byte* to) {
  HWY_ALIGN int32_t sums[channels_at_once];
  const ConvGeometry& g = row.g;
  std::copy(row.start + begin, row.start + end, sums);
  const int16_t* weights = row.a.packed + begin * 2;
  const int64_t left = x * g.stride[2] - g.pad_begin[2], height = g.kernel[1], width = g.kernel[2];
  const auto add = [&](const T* first, const T* second) {
    add_tap_pairs(first + begin, second + begin, weights, end - begin, sums);
    weights += g.channels * 2;
  };
  for (int64_t y = 0; y + 2 <= height; y += 2)
    for (int64_t kx = 0; kx < width; ++kx) add(row.pixel(y, left, kx), row.pixel(y + 1, left, kx));
  // The last tap of an odd number is paired with a weight of 0.
  for (int64_t kx = 0; height % 2 && kx < width; kx += 2)
    add(row.pixel(height - 1, left, kx), row.pixel(height - 1, left, std::min(kx + 1, width - 1)));
  change_order(sums, end - begin);
  store_rows(sums, channels_at_once, 1, end - begin, row.a.to.from(begin), to, row.a.output_step);
}

/// All pixels of a row, qdepthwise_columns at a time; channel 0 of the first goes to `to`.
template <class T>
void compute_columns(const QRow<T>& row, QColumnsFunction function, std::byte* to) {
  constexpr auto columns = static_cast<int64_t>(qdepthwise_columns);
  const ConvGeometry& g = row.g;
  const int64_t size = size_of(row.a.to.result);
  QColumns work{{},        g.kernel[1], g.input[2],        row.zeros, row.a.packed, g.channels,
                row.start, &row.output, row.a.output_step, 0,         nullptr};
  for (int64_t ky = 0; ky < g.kernel[1]; ++ky) {
    const T* line = row.line(ky);
    work.lines[static_cast<size_t>(ky)] = line ? QLine{line, row.a.input_step} : QLine{row.zeros, 0};
  }
  // The last strip begins early enough to be whole and computes some columns again.
  for (int64_t strip = 0; strip < g.output[2]; strip += columns) {
    const int64_t x = std::min(strip, g.output[2] - columns);
    work.left = x * g.stride[2] - g.pad_begin[2];
    work.to = to + x * row.a.output_step * size;
    const int64_t done = function(work, row.first_channel, row.last_channel);
    for (int64_t t = 0; done < row.last_channel && t < columns; ++t)
      compute_pixel(row, x + t, done, row.last_channel, work.to + (t * row.a.output_step + done) * size);
  }
}

template <class T>
void compute_row_of(const QdepthwiseArguments& a, const QdepthwiseOutput& output, const int32_t* start,
                    const void* zeros, int64_t line, int64_t first_channel, int64_t last_channel) {
  const ConvGeometry& g = *a.geometry;
  const int64_t image = line / g.output[1], y = line % g.output[1];
  const QRow<T> row{a,
                    g,
                    output,
                    static_cast<const T*>(a.input) + image * g.input[1] * g.input[2] * a.input_step,
                    static_cast<const T*>(zeros),
                    start,
                    y * g.stride[1] - g.pad_begin[1],
                    first_channel,
                    last_channel};
  const bool special = g.dilation[2] == 1 && g.output[2] >= static_cast<int64_t>(qdepthwise_columns);
  const QColumnsFunction function = special ? qcolumns_function<T>(g.kernel[1], g.kernel[2], g.stride[2]) : nullptr;
  std::byte* const results = a.output + line * g.output[2] * a.output_step * size_of(a.to.result);
  if (function) return compute_columns(row, function, results);
  const auto pixel = [&](int64_t x) { return results + x * a.output_step * size_of(a.to.result); };
  for (int64_t x = 0; x < g.output[2]; ++x)
    for (int64_t begin = first_channel; begin < last_channel; begin += channels_at_once)
      compute_pixel(row, x, begin, std::min(begin + channels_at_once, last_channel),
                    pixel(x) + begin * size_of(a.to.result));
}

void compute_row(const QdepthwiseArguments& a, const QdepthwiseOutput& output, const int32_t* start, const void* zeros,
                 int64_t line, int64_t first_channel, int64_t last_channel) {
  a.signed_input ? compute_row_of<int8_t>(a, output, start, zeros, line, first_channel, last_channel)
                 : compute_row_of<uint8_t>(a, output, start, zeros, line, first_channel, last_channel);
}

QdepthwiseOutput examine(const QgemmOutput& to, int64_t channels) { return examined(to, channels); }

/// Index of the weight of tap (y, x) and channel 0.
int64_t packed_index(const ConvGeometry& g, int64_t y, int64_t x) {
  const int64_t height = g.kernel[1], width = g.kernel[2];
  if (y == height - 1 && height % 2) return (y / 2 * width + x / 2) * g.channels * 2 + x % 2;
  return (y / 2 * width + x) * g.channels * 2 + y % 2;
}

template <class T>
void pack(const ConvGeometry& g, const Qgemm::Weights& weights, int16_t* packed) {
  const T* data = static_cast<const T*>(weights.data);
  const T* zeros = static_cast<const T*>(weights.zeros);
  const int64_t height = g.kernel[1], width = g.kernel[2], size = qdepthwise_pairs(g) * g.channels * 2;
  std::fill_n(packed, size, int16_t{0});
  for (int64_t c = 0; c < g.channels; ++c) {
    const int zero = zeros ? zeros[c * weights.zero_step] : 0;
    const int64_t place = qdepthwise_place(c, g.channels);
    uint32_t sum = 0;  // wraps around
    for (int64_t y = 0; y < height; ++y)
      for (int64_t x = 0; x < width; ++x) {
        const int value = data[c * weights.output_step + (y * width + x) * weights.tap_step] - zero;
        packed[packed_index(g, y, x) + place * 2] = static_cast<int16_t>(value);
        sum += static_cast<uint32_t>(value);
      }
    std::memcpy(packed + size + c * 2, &sum, sizeof(sum));
  }
}

void pack_weights(const ConvGeometry& g, const Qgemm::Weights& weights, int16_t* packed) {
  weights.is_signed ? pack<int8_t>(g, weights, packed) : pack<uint8_t>(g, weights, packed);
}

/// What sums begin with: x w summed over whole windows, padding included, less zero sum w is what (x - zero) w makes
/// without padding.
void begin_sums(const QdepthwiseArguments& a, int32_t* start) {
  const int64_t channels = a.geometry->channels;
  const int16_t* weight_sums = a.packed + qdepthwise_packed_size(*a.geometry) - 2 * channels;
  for (int64_t c = 0; c < channels; ++c) {
    uint32_t sum;
    std::memcpy(&sum, weight_sums + 2 * c, sizeof(sum));
    const uint32_t bias = a.bias ? static_cast<uint32_t>(a.bias[c]) : 0;
    start[c] = static_cast<int32_t>(bias - static_cast<uint32_t>(a.input_zero) * sum);
  }
  change_order(start, channels);
}

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cnn {

HWY_EXPORT(begin_sums);
HWY_EXPORT(compute_row);
HWY_EXPORT(examine);
HWY_EXPORT(pack_weights);

void pack_qdepthwise(const ConvGeometry& geometry, const Qgemm::Weights& weights, int16_t* packed) {
  HWY_DYNAMIC_DISPATCH(pack_weights)(geometry, weights, packed);
}

void qdepthwise(const QdepthwiseArguments& arguments, Workers& workers) {
  const ConvGeometry& g = *arguments.geometry;
  auto* start = reinterpret_cast<int32_t*>(arguments.scratch);
  HWY_DYNAMIC_DISPATCH(begin_sums)(arguments, start);
  std::byte* zeros = arguments.scratch + static_cast<size_t>(g.channels) * sizeof(int32_t);
  std::memset(zeros, arguments.input_zero, static_cast<size_t>(g.channels));

  const QdepthwiseOutput output = HWY_DYNAMIC_DISPATCH(examine)(arguments.to, g.channels);
  const auto function = HWY_DYNAMIC_DISPATCH(compute_row);
  divide_depthwise(g, 2e5, workers, [&](int64_t row, int64_t first, int64_t last) {
    function(arguments, output, start, zeros, row, first, last);
  });
}

}  // namespace cnn
#endif  // HWY_ONCE
