// SPDX-License-Identifier: MIT
// Inner loops of the depthwise convolution; include after hwy/highway.h in a file that uses hwy/foreach_target.h.
#if defined(CNN_DEPTHWISE_COLUMNS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CNN_DEPTHWISE_COLUMNS_INL_H_
#undef CNN_DEPTHWISE_COLUMNS_INL_H_
#else
#define CNN_DEPTHWISE_COLUMNS_INL_H_
#endif

#include <cstdint>

#include "engine/kernels/gemm_tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {

/// Neighbouring output pixels of one row. `pixels` lists input pixels, [kernel rows, input columns] where the columns of the
/// output pixels overlap: output column t and tap x read input column t * stride + x.
struct Columns {
  const float* const* pixels;
  int64_t rows;           ///< kernel rows inside the image
  const float* weights;   ///< of the first kernel row inside the image, [rows, kernel width, channels]
  int64_t channels;       ///< from one tap to the next
  const float* bias;      ///< or null
  const float* residual;  ///< of the first pixel, or null
  int64_t residual_step;
  float* output;          ///< of the first pixel
  int64_t output_step;
  float low, high;        ///< the result is clamped to [low, high]
};

template <class D, class V = hn::Vec<D>>
HWY_INLINE void store_pixel(D d, V sum, const Columns& work, int64_t column, int64_t c, V low, V high) {
  if (work.residual) sum = hn::Add(sum, hn::LoadU(d, work.residual + column * work.residual_step + c));
  hn::StoreU(hn::Min(high, hn::Max(low, sum)), d, work.output + column * work.output_step + c);
}

/// Channels [begin, end) as far as whole vectors of `d` go; returns where they end.
template <size_t columns, size_t kernel_width, size_t stride, class D>
HWY_INLINE int64_t add_columns(D d, const Columns& work, int64_t begin, int64_t end) {
  using V = hn::Vec<D>;
  constexpr size_t inputs = (columns - 1) * stride + kernel_width;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const V low = hn::Set(d, work.low), high = hn::Set(d, work.high);
  int64_t c = begin;
  for (; c + lanes <= end; c += lanes) {
    V sum[columns];
    const V bias = work.bias ? hn::LoadU(d, work.bias + c) : hn::Zero(d);
    unrolled<columns>([&](auto t) HWY_ATTR { sum[t] = bias; });
    const float* const* pixels = work.pixels;
    const float* weights = work.weights + c;
    for (int64_t y = 0; y < work.rows; ++y, pixels += inputs, weights += static_cast<int64_t>(kernel_width) * work.channels) {
      V tap[kernel_width];
      unrolled<kernel_width>([&](auto x) HWY_ATTR {
        tap[x] = hn::LoadU(d, weights + static_cast<int64_t>(x) * work.channels);
      });
      unrolled<inputs>([&](auto i) HWY_ATTR {
        const V value = hn::LoadU(d, pixels[i] + c);
        unrolled<columns>([&](auto t) HWY_ATTR {
          constexpr size_t input = decltype(i)::value, first = decltype(t)::value * stride;
          if constexpr (input >= first && input < first + kernel_width)
            sum[t] = hn::MulAdd(value, tap[input - first], sum[t]);
        });
      });
    }
    unrolled<columns>([&](auto t) HWY_ATTR { store_pixel(d, sum[t], work, static_cast<int64_t>(t.value), c, low, high); });
  }
  return c;
}

template <size_t columns, size_t kernel_width, size_t stride>
HWY_NOINLINE int64_t add_columns_of(const Columns& work, int64_t begin, int64_t end) {
  const int64_t rest = add_columns<columns, kernel_width, stride>(hn::ScalableTag<float>(), work, begin, end);
  return add_columns<columns, kernel_width, stride>(hn::CappedTag<float, 8>(), work, rest, end);
}

/// The part of one output pixel's window that lies in the image.
struct Window {
  const float* input;    ///< its first pixel
  const float* weights;  ///< of its first tap
  int64_t rows, columns;
  int64_t input_row_step, input_step;      ///< from tap to tap
  int64_t weights_row_step, weights_step;
};

template <class D>
HWY_INLINE int64_t add_window(D d, const Columns& work, const Window& window, int64_t begin, int64_t end) {
  using V = hn::Vec<D>;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const V low = hn::Set(d, work.low), high = hn::Set(d, work.high);
  int64_t c = begin;
  for (; c + lanes <= end; c += lanes) {
    V sum = work.bias ? hn::LoadU(d, work.bias + c) : hn::Zero(d);
    for (int64_t y = 0; y < window.rows; ++y) {
      const float* input = window.input + y * window.input_row_step + c;
      const float* weights = window.weights + y * window.weights_row_step + c;
      for (int64_t x = 0; x < window.columns; ++x)
        sum = hn::MulAdd(hn::LoadU(d, input + x * window.input_step), hn::LoadU(d, weights + x * window.weights_step), sum);
    }
    store_pixel(d, sum, work, 0, c, low, high);
  }
  return c;
}

/// One output pixel of any kernel, channels [begin, end).
HWY_NOINLINE void add_pixel(const Columns& work, const Window& window, int64_t begin, int64_t end) {
  begin = add_window(hn::ScalableTag<float>(), work, window, begin, end);
  begin = add_window(hn::CappedTag<float, 4>(), work, window, begin, end);
  add_window(hn::CappedTag<float, 1>(), work, window, begin, end);
}

using ColumnsFunction = int64_t (*)(const Columns&, int64_t, int64_t);

/// Null when there is none. `columns` is 1 to 4.
HWY_INLINE ColumnsFunction columns_function(int64_t columns, int64_t kernel_width, int64_t stride) {
  static constexpr ColumnsFunction functions[2][2][4] = {
      {{&add_columns_of<1, 3, 1>, &add_columns_of<2, 3, 1>, &add_columns_of<3, 3, 1>, &add_columns_of<4, 3, 1>},
       {&add_columns_of<1, 3, 2>, &add_columns_of<2, 3, 2>, &add_columns_of<3, 3, 2>, &add_columns_of<4, 3, 2>}},
      {{&add_columns_of<1, 5, 1>, &add_columns_of<2, 5, 1>, &add_columns_of<3, 5, 1>, &add_columns_of<4, 5, 1>},
       {&add_columns_of<1, 5, 2>, &add_columns_of<2, 5, 2>, &add_columns_of<3, 5, 2>, &add_columns_of<4, 5, 2>}}};
  if ((kernel_width != 3 && kernel_width != 5) || stride < 1 || stride > 2) return nullptr;
  return functions[kernel_width == 5][stride - 1][columns - 1];
}

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#endif  // CNN_DEPTHWISE_COLUMNS_INL_H_
