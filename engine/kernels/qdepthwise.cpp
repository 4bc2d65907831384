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
  const T* image;        ///< its first pixel
  const T* zeros;        ///< a pixel of zero points
  const int32_t* start;  ///< what the sums of each channel begin with
  int64_t top;           ///< image row under kernel row 0
  int64_t first_channel, last_channel;

  /// The image row under kernel row `ky`, null outside of the image and for kernel row `height`, which has no weights.
  const T* line(int64_t ky) const {
    const int64_t y = top + ky * g.dilation[1];
    return ky < g.kernel[1] && y >= 0 && y < g.input[1] ? image + y * g.input[2] * a.input_step : nullptr;
  }
  /// The input pixel under kernel row `ky` in column x, which may lie outside.
  const T* pixel(int64_t ky, int64_t x) const {
    const T* pixels = line(ky);
    return pixels && x >= 0 && x < g.input[2] ? pixels + x * a.input_step : zeros;
  }
  int64_t row_pairs() const { return (g.kernel[1] + 1) / 2; }
  void store(const int32_t* sums, int64_t columns, int64_t first, int64_t last, std::byte* to) const {
    store_rows(sums, channels_at_once, columns, last - first, a.to.from(first), to + first * size_of(a.to.result),
               a.output_step);
  }
};

/// Output pixel x in channels [begin, end), at most channels_at_once, whose first goes to `to`.
template <class T>
void compute_pixel(const QRow<T>& row, int64_t x, int64_t begin, int64_t end, std::byte* to) {
  HWY_ALIGN int32_t sums[channels_at_once];
  const ConvGeometry& g = row.g;
  std::copy(row.start + begin, row.start + end, sums);
  const int16_t* weights = row.a.packed + begin * 2;
  const int64_t left = x * g.stride[2] - g.pad_begin[2];
  for (int64_t y = 0; y < row.row_pairs(); ++y)
    for (int64_t kx = 0; kx < g.kernel[2]; ++kx, weights += g.channels * 2) {
      const int64_t column = left + kx * g.dilation[2];
      add_tap_pairs(row.pixel(2 * y, column) + begin, row.pixel(2 * y + 1, column) + begin, weights, end - begin, sums);
    }
  row.store(sums, 1, begin, end, to);
}

/// qdepthwise_columns output pixels from x on.
template <class T>
void compute_columns(const QRow<T>& row, QColumnsFunction function, int64_t x, std::byte* to) {
  constexpr size_t max_kernel = 5, max_inputs = (qdepthwise_columns - 1) * 2 + max_kernel;
  constexpr auto columns = static_cast<int64_t>(qdepthwise_columns);
  std::array<const void*, max_kernel * max_inputs> pixels;
  HWY_ALIGN int32_t sums[qdepthwise_columns * channels_at_once];
  const ConvGeometry& g = row.g;
  const int64_t left = x * g.stride[2] - g.pad_begin[2], inputs = (columns - 1) * g.stride[2] + g.kernel[2];
  // Columns [first, last) lie in the image.
  const int64_t first = std::clamp<int64_t>(-left, 0, inputs),
                last = std::clamp<int64_t>(g.input[2] - left, first, inputs);
  const void** to_list = pixels.data();
  for (int64_t ky = 0; ky < g.kernel[1]; ++ky, to_list += inputs) {
    const T* line = row.line(ky);
    if (!line || first > 0 || last < inputs) std::fill_n(to_list, inputs, row.zeros);
    for (int64_t i = first; line && i < last; ++i) to_list[i] = line + (left + i) * row.a.input_step;
  }
  const QColumns work{pixels.data(), g.kernel[1], row.a.packed, g.channels, row.start, sums};
  for (int64_t begin = row.first_channel; begin < row.last_channel; begin += channels_at_once) {
    const int64_t end = std::min(begin + channels_at_once, row.last_channel);
    const int64_t done = function(work, begin, end);
    row.store(sums, columns, begin, done, to);
    for (int64_t t = 0; done < end && t < columns; ++t)
      compute_pixel(row, x + t, done, end, to + t * row.a.output_step * size_of(row.a.to.result));
  }
}

template <class T>
void compute_row_of(const QdepthwiseArguments& a, const int32_t* start, const void* zeros, int64_t line,
                    int64_t first_channel, int64_t last_channel) {
  const ConvGeometry& g = *a.geometry;
  const int64_t image = line / g.output[1], y = line % g.output[1];
  const QRow<T> row{a,
                    g,
                    static_cast<const T*>(a.input) + image * g.input[1] * g.input[2] * a.input_step,
                    static_cast<const T*>(zeros),
                    start,
                    y * g.stride[1] - g.pad_begin[1],
                    first_channel,
                    last_channel};
  constexpr auto columns = static_cast<int64_t>(qdepthwise_columns);
  const bool special = g.kernel[1] <= 5 && g.dilation[2] == 1 && g.output[2] >= columns;
  const QColumnsFunction function = special ? qcolumns_function<T>(g.kernel[2], g.stride[2]) : nullptr;
  std::byte* output = a.output + line * g.output[2] * a.output_step * size_of(a.to.result);
  const auto pixel = [&](int64_t x) { return output + x * a.output_step * size_of(a.to.result); };
  if (function) {
    // The last strip begins early enough to be whole and computes some columns again.
    for (int64_t strip = 0; strip < g.output[2]; strip += columns) {
      const int64_t x = std::min(strip, g.output[2] - columns);
      compute_columns(row, function, x, pixel(x));
    }
    return;
  }
  for (int64_t x = 0; x < g.output[2]; ++x)
    for (int64_t begin = first_channel; begin < last_channel; begin += channels_at_once)
      compute_pixel(row, x, begin, std::min(begin + channels_at_once, last_channel), pixel(x));
}

void compute_row(const QdepthwiseArguments& a, const int32_t* start, const void* zeros, int64_t line,
                 int64_t first_channel, int64_t last_channel) {
  a.signed_input ? compute_row_of<int8_t>(a, start, zeros, line, first_channel, last_channel)
                 : compute_row_of<uint8_t>(a, start, zeros, line, first_channel, last_channel);
}

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cnn {
namespace {

template <class T>
void pack(const ConvGeometry& g, const Qgemm::Weights& weights, int16_t* packed) {
  const T* data = static_cast<const T*>(weights.data);
  const T* zeros = static_cast<const T*>(weights.zeros);
  const int64_t height = g.kernel[1], width = g.kernel[2], size = (height + 1) / 2 * width * g.channels * 2;
  std::fill_n(packed, size, int16_t{0});
  for (int64_t c = 0; c < g.channels; ++c) {
    const int zero = zeros ? zeros[c * weights.zero_step] : 0;
    uint32_t sum = 0;  // wraps around
    for (int64_t y = 0; y < height; ++y)
      for (int64_t x = 0; x < width; ++x) {
        const int value = data[c * weights.output_step + (y * width + x) * weights.tap_step] - zero;
        packed[((y / 2 * width + x) * g.channels + c) * 2 + y % 2] = static_cast<int16_t>(value);
        sum += static_cast<uint32_t>(value);
      }
    std::memcpy(packed + size + c * 2, &sum, sizeof(sum));
  }
}

}  // namespace

HWY_EXPORT(compute_row);

void pack_qdepthwise(const ConvGeometry& geometry, const Qgemm::Weights& weights, int16_t* packed) {
  weights.is_signed ? pack<int8_t>(geometry, weights, packed) : pack<uint8_t>(geometry, weights, packed);
}

void qdepthwise(const QdepthwiseArguments& arguments, Workers& workers) {
  const ConvGeometry& g = *arguments.geometry;
  // x w summed over whole windows, padding included, and less zero sum w: what (x - zero) w makes without padding.
  auto* start = reinterpret_cast<int32_t*>(arguments.scratch);
  const int16_t* weight_sums = arguments.packed + qdepthwise_packed_size(g) - 2 * g.channels;
  for (int64_t c = 0; c < g.channels; ++c) {
    uint32_t sum;
    std::memcpy(&sum, weight_sums + 2 * c, sizeof(sum));
    const uint32_t bias = arguments.bias ? static_cast<uint32_t>(arguments.bias[c]) : 0;
    start[c] = static_cast<int32_t>(bias - static_cast<uint32_t>(arguments.input_zero) * sum);
  }
  std::byte* zeros = arguments.scratch + static_cast<size_t>(g.channels) * sizeof(int32_t);
  std::memset(zeros, arguments.input_zero, static_cast<size_t>(g.channels));

  const auto function = HWY_DYNAMIC_DISPATCH(compute_row);
  divide_depthwise(g, 2e5, workers, [&](int64_t row, int64_t first, int64_t last) {
    function(arguments, start, zeros, row, first, last);
  });
}

}  // namespace cnn
#endif  // HWY_ONCE
