// SPDX-License-Identifier: MIT
// Inner loops of the integer depthwise convolution; include after hwy/highway.h in a file that uses
// hwy/foreach_target.h.
#if defined(CNN_QDEPTHWISE_COLUMNS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CNN_QDEPTHWISE_COLUMNS_INL_H_
#undef CNN_QDEPTHWISE_COLUMNS_INL_H_
#else
#define CNN_QDEPTHWISE_COLUMNS_INL_H_
#endif

#include <array>
#include <cstdint>
#include <cstring>

#include "engine/kernels/qdepthwise_output-inl.h"
#include "engine/kernels/qdepthwise_pixels-inl.h"
#include "engine/kernels/qgemm_pairs-inl.h"
#include "engine/kernels/unrolled-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {

/// Channels whose sums lie in memory at once, so that they stay in the first-level cache.
constexpr int64_t channels_at_once = 128;

/// Rows of the kernels below.
constexpr size_t max_kernel_rows = 5;

/// An image row: where column 0 lies and bytes from pixel to pixel, 0 in a row of zero points.
struct QLine {
  const void* begin;
  int64_t step;
};

/// Neighbouring output pixels of one row: output column t and tap x read input column left + t * stride + x.
struct QColumns {
  std::array<QLine, max_kernel_rows> lines;  ///< of the image, under the rows of the kernel
  int64_t rows;                              ///< of the kernel
  int64_t width;                             ///< of the image
  const void* zeros;                         ///< a pixel of zero points
  const int16_t* weights;                    ///< [pairs of taps, channels, 2]
  int64_t channels;
  const int32_t* start;  ///< [channels], what sums begin with
  const QdepthwiseOutput* output;
  int64_t step;  ///< results from pixel to pixel
  int64_t left;
  std::byte* to;  ///< channel 0 of the first pixel
};

/// Lists addresses of input pixels: [rows, input columns].
template <class T, size_t inputs>
HWY_INLINE void list_pixels(const QColumns& work, int64_t rows, const T** pixels) {
  const int64_t left = work.left;
  if (left >= 0 && left + static_cast<int64_t>(inputs) <= work.width) {
    for (int64_t y = 0; y < rows; ++y, pixels += inputs) {
      const QLine line = work.lines[static_cast<size_t>(y)];
      const T* pixel = static_cast<const T*>(line.begin) + left * line.step;
      for (size_t i = 0; i < inputs; ++i, pixel += line.step) pixels[i] = pixel;
    }
    return;
  }
  for (int64_t y = 0; y < rows; ++y, pixels += inputs) {
    const QLine line = work.lines[static_cast<size_t>(y)];
    for (size_t i = 0; i < inputs; ++i) {
      const int64_t x = left + static_cast<int64_t>(i);
      const bool inside = x >= 0 && x < work.width;
      pixels[i] = static_cast<const T*>(inside ? line.begin : work.zeros) + (inside ? x * line.step : 0);
    }
  }
}

/// Adds two kernel rows, whose taps are pairs below one another, to `vectors` vectors of channels from `c` on.
template <class T, size_t kernel_width, size_t stride, size_t vectors, class D>
HWY_INLINE void add_two_rows(D d, const T* const* pixels, const int16_t* weights, int64_t pair_step, int64_t c,
                             PairSums<D> (&sum)[qdepthwise_columns][vectors]) {
  constexpr size_t columns = qdepthwise_columns, inputs = (columns - 1) * stride + kernel_width;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  unrolled<inputs>([&](auto i) CNN_INLINED {
    Pairs<D> value[vectors];
    widen_vectors(d, pixels[i] + c, pixels[i + inputs] + c, value);
    read_again(weights);
    unrolled<columns>([&](auto t) CNN_INLINED {
      constexpr size_t input = decltype(i)::value, left = decltype(t)::value * stride;
      if constexpr (input >= left && input < left + kernel_width) {
        const int16_t* pair = weights + static_cast<int64_t>(input - left) * pair_step;
        unrolled<vectors>([&](auto v) CNN_INLINED {
          sum[t][v].add_products(d, value[v], load_pairs(d, pair + static_cast<int64_t>(v) * lanes * 2));
          keep_in_order(sum[t][v]);
        });
      }
    });
  });
}

/// Adds the last row of an odd number, whose taps are pairs beside one another.
template <class T, size_t kernel_width, size_t stride, size_t vectors, class D>
HWY_INLINE void add_last_row(D d, const T* const* pixels, const int16_t* weights, int64_t pair_step, int64_t c,
                             PairSums<D> (&sum)[qdepthwise_columns][vectors]) {
  constexpr size_t columns = qdepthwise_columns, inputs = (columns - 1) * stride + kernel_width;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  unrolled<inputs>([&](auto i) CNN_INLINED {
    constexpr size_t input = decltype(i)::value, next = input + 1 < inputs ? input + 1 : input;
    if constexpr (stride == 1 || input % 2 == 0) {
      Pairs<D> value[vectors];
      widen_vectors(d, pixels[input] + c, pixels[next] + c, value);
      read_again(weights);
      unrolled<columns>([&](auto t) CNN_INLINED {
        constexpr size_t left = decltype(t)::value * stride;
        if constexpr (input >= left && input < left + kernel_width && (input - left) % 2 == 0) {
          const int16_t* pair = weights + static_cast<int64_t>((input - left) / 2) * pair_step;
          unrolled<vectors>([&](auto v) CNN_INLINED {
            sum[t][v].add_products(d, value[v], load_pairs(d, pair + static_cast<int64_t>(v) * lanes * 2));
            keep_in_order(sum[t][v]);
          });
        }
      });
    }
  });
}

/// Results that are not bytes, of `channels` channels, from sums [columns, width]; `ordered` if they lie as
/// change_order() says.
HWY_NOINLINE void store_wide_columns(int32_t* sums, int64_t width, int64_t channels, bool ordered,
                                     const QgemmOutput& output, std::byte* to, int64_t step) {
  for (size_t t = 0; t < qdepthwise_columns; ++t, sums += width, to += step * size_of(output.result)) {
    if (ordered) change_order(sums, channels);
    for (int64_t c = 0; output.result == QgemmResult::Float32 && c < channels; ++c) {
      const float scaled = static_cast<float>(sums[c]) * output.scale[c];
      // NaN becomes the lower bound, as quantisation wants it.
      const float raised = scaled > output.low[c] ? scaled : output.low[c];
      const float bounded = raised < output.high[c] ? raised : output.high[c];
      std::memcpy(sums + c, &bounded, sizeof(bounded));
    }
    std::memcpy(to, sums, static_cast<size_t>(channels) * sizeof(int32_t));
  }
}

template <size_t vectors, class D>
HWY_INLINE void store_result(D d, const PairSums<D> (&sum)[qdepthwise_columns][vectors], const QColumns& work,
                             int64_t c) {
  const QgemmOutput& output = work.output->to;
  std::byte* to = work.to + c * size_of(output.result);
  hn::Vec<D> total[qdepthwise_columns][vectors];
  unrolled<vectors>([&](auto v) CNN_INLINED {
    unrolled<qdepthwise_columns>([&](auto t) CNN_INLINED { total[t][v] = sum[t][v].total(); });
  });
  if (output.result == QgemmResult::Byte) {
    store_columns<vectors>(d, total, *work.output, c, to, work.step);
    return;
  }
  constexpr size_t width = vectors * hn::MaxLanes(d);
  HWY_ALIGN int32_t sums[qdepthwise_columns * width];
  const size_t lanes = hn::Lanes(d);
  unrolled<qdepthwise_columns>([&](auto t) CNN_INLINED {
    unrolled<vectors>([&](auto v) CNN_INLINED { hn::StoreU(total[t][v], d, sums + t * width + v * lanes); });
  });
  store_wide_columns(sums, width, static_cast<int64_t>(vectors * lanes), vectors == 2, output.from(c), to, work.step);
}

/// Channels [begin, end) as far as `vectors` vectors of `d` at a time go; returns where they end. The kernel is as high
/// as wide if it is `square`, else work.rows high.
template <class T, size_t kernel_width, size_t stride, bool square, size_t vectors, class D>
HWY_INLINE int64_t sum_columns(D d, const QColumns& work, const T* const* list, int64_t begin, int64_t end) {
  constexpr size_t columns = qdepthwise_columns, inputs = (columns - 1) * stride + kernel_width;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d)), at_once = lanes * static_cast<int64_t>(vectors);
  const int64_t pair_step = work.channels * 2, row_step = static_cast<int64_t>(kernel_width) * pair_step;
  const int64_t rows = square ? static_cast<int64_t>(kernel_width) : work.rows;
  int64_t c = begin;
  for (; c + at_once <= end; c += at_once) {
    PairSums<D> sum[columns][vectors];
    unrolled<vectors>([&](auto v) CNN_INLINED {
      const hn::Vec<D> start = hn::LoadU(d, work.start + c + static_cast<int64_t>(v) * lanes);
      unrolled<columns>([&](auto t) CNN_INLINED { sum[t][v] = PairSums<D>(start); });
    });
    const T* const* pixels = list;
    const int16_t* weights = work.weights + c * 2;
    for (int64_t y = 0; y + 2 <= rows; y += 2, pixels += 2 * inputs, weights += row_step)
      add_two_rows<T, kernel_width, stride>(d, pixels, weights, pair_step, c, sum);
    if (rows % 2) add_last_row<T, kernel_width, stride>(d, pixels, weights, pair_step, c, sum);
    store_result<vectors>(d, sum, work, c);
  }
  return c;
}

template <class T, size_t kernel_width, size_t stride, bool square>
HWY_NOINLINE int64_t sum_columns_of(const QColumns& work, int64_t begin, int64_t end) {
  constexpr size_t inputs = (qdepthwise_columns - 1) * stride + kernel_width;
  const T* list[max_kernel_rows * inputs];
  list_pixels<T, inputs>(work, square ? static_cast<int64_t>(kernel_width) : work.rows, list);
  const hn::ScalableTag<int32_t> d;
  int64_t done = sum_columns<T, kernel_width, stride, square, 2>(d, work, list, begin, end);
  done = sum_columns<T, kernel_width, stride, square, 1>(d, work, list, done, end);
  if constexpr (hn::MaxLanes(hn::ScalableTag<int32_t>()) > 8)
    done = sum_columns<T, kernel_width, stride, square, 1>(hn::CappedTag<int32_t, 8>(), work, list, done, end);
  return done;
}

using QColumnsFunction = int64_t (*)(const QColumns&, int64_t, int64_t);

template <class T, size_t kernel_width, size_t stride>
HWY_INLINE QColumnsFunction qcolumns_function_for(int64_t kernel_height) {
  // 5x5 gain 2 % and take as long to compile as everything else here.
  if constexpr (kernel_width == 3)
    if (kernel_height == 3) return &sum_columns_of<T, kernel_width, stride, true>;
  return kernel_height <= static_cast<int64_t>(max_kernel_rows) ? &sum_columns_of<T, kernel_width, stride, false>
                                                                : nullptr;
}

/// Null when there is none.
template <class T>
HWY_INLINE QColumnsFunction qcolumns_function(int64_t kernel_height, int64_t kernel_width, int64_t stride) {
  if (kernel_width == 3 && stride == 1) return qcolumns_function_for<T, 3, 1>(kernel_height);
  if (kernel_width == 3 && stride == 2) return qcolumns_function_for<T, 3, 2>(kernel_height);
  if (kernel_width == 5 && stride == 1) return qcolumns_function_for<T, 5, 1>(kernel_height);
  if (kernel_width == 5 && stride == 2) return qcolumns_function_for<T, 5, 2>(kernel_height);
  return nullptr;
}

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#endif  // CNN_QDEPTHWISE_COLUMNS_INL_H_
