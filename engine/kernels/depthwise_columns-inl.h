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

/// Neighbouring output pixels of one row. `pixels` lists input pixels, [kernel rows, input columns] where the columns
/// of the output pixels overlap: output column t and tap x read input column t * stride + x.
struct Columns {
  const float* const* pixels;
  int64_t rows;           ///< kernel rows inside the image
  const float* weights;   ///< of the first kernel row inside the image, [rows, kernel width, channels]
  int64_t channels;       ///< from one tap to the next
  const float* bias;      ///< or null
  const float* residual;  ///< of the first pixel, or null
  int64_t residual_step;
  float* output;  ///< of the first pixel
  int64_t output_step;
  float low, high;  ///< the result is clamped to [low, high]
};

/// Finishes sums and stores them. A copy of what it needs from Columns: stores of floats could change that as far as
/// the compiler knows.
template <class D>
class PixelStore {
 public:
  PixelStore(D d, const Columns& work)
      : low_(hn::Set(d, work.low)),
        high_(hn::Set(d, work.high)),
        residual_(work.residual),
        residual_step_(work.residual_step),
        output_(work.output),
        output_step_(work.output_step) {}

  HWY_INLINE void store(hn::Vec<D> sum, int64_t column, int64_t c) const {
    const D d;
    if (residual_) sum = hn::Add(sum, hn::LoadU(d, residual_ + column * residual_step_ + c));
    hn::StoreU(hn::Min(high_, hn::Max(low_, sum)), d, output_ + column * output_step_ + c);
  }

 private:
  hn::Vec<D> low_, high_;
  const float* residual_;
  int64_t residual_step_;
  float* output_;
  int64_t output_step_;
};

/// Channels [begin, end) as far as whole vectors of `d` go; returns where they end.
template <size_t columns, size_t kernel_width, size_t stride, class D>
HWY_INLINE int64_t add_columns(D d, const Columns& work, int64_t begin, int64_t end) {
  using V = hn::Vec<D>;
  constexpr size_t inputs = (columns - 1) * stride + kernel_width;
  const float* const* const work_pixels = work.pixels;
  const float* const work_weights = work.weights;
  const float* const work_bias = work.bias;
  const int64_t rows = work.rows, channels = work.channels;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const PixelStore<D> pixel(d, work);
  int64_t c = begin;
  for (; c + lanes <= end; c += lanes) {
    V sum[columns];
    const V bias = work_bias ? hn::LoadU(d, work_bias + c) : hn::Zero(d);
    unrolled<columns>([&](auto t) HWY_ATTR { sum[t] = bias; });
    const float* const* pixels = work_pixels;
    const float* weights = work_weights + c;
    for (int64_t y = 0; y < rows; ++y, pixels += inputs, weights += static_cast<int64_t>(kernel_width) * channels) {
      V tap[kernel_width];
      unrolled<kernel_width>([&](auto x)
                                 HWY_ATTR { tap[x] = hn::LoadU(d, weights + static_cast<int64_t>(x) * channels); });
      unrolled<inputs>([&](auto i) HWY_ATTR {
        const V value = hn::LoadU(d, pixels[i] + c);
        unrolled<columns>([&](auto t) HWY_ATTR {
          constexpr size_t input = decltype(i)::value, first = decltype(t)::value * stride;
          if constexpr (input >= first && input < first + kernel_width)
            sum[t] = hn::MulAdd(value, tap[input - first], sum[t]);
        });
      });
    }
    unrolled<columns>([&](auto t) HWY_ATTR { pixel.store(sum[t], static_cast<int64_t>(t.value), c); });
  }
  return c;
}

template <size_t columns, size_t kernel_width, size_t stride>
HWY_NOINLINE int64_t add_columns_of(const Columns& work, int64_t begin, int64_t end) {
  const hn::CappedTag<float, 8> narrow;
  const auto lanes = static_cast<int64_t>(hn::Lanes(narrow));
  int64_t rest = add_columns<columns, kernel_width, stride>(hn::ScalableTag<float>(), work, begin, end);
  rest = add_columns<columns, kernel_width, stride>(narrow, work, rest, end);
  // A last vector that overlaps the one before it. Not where the output, which may be the residual, is read again.
  if (rest == end || end - begin < lanes || work.residual) return rest;
  return add_columns<columns, kernel_width, stride>(narrow, work, end - lanes, end);
}

/// The part of one output pixel's window that lies in the image.
struct Window {
  const float* input;    ///< its first pixel
  const float* weights;  ///< of its first tap
  int64_t rows, columns;
  int64_t input_row_step, input_step;  ///< from tap to tap
  int64_t weights_row_step, weights_step;
};

template <class D>
HWY_INLINE int64_t add_window(D d, const Columns& work, const Window& window, int64_t begin, int64_t end) {
  using V = hn::Vec<D>;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const PixelStore<D> pixel(d, work);
  int64_t c = begin;
  for (; c + lanes <= end; c += lanes) {
    V sum = work.bias ? hn::LoadU(d, work.bias + c) : hn::Zero(d);
    for (int64_t y = 0; y < window.rows; ++y) {
      const float* input = window.input + y * window.input_row_step + c;
      const float* weights = window.weights + y * window.weights_row_step + c;
      for (int64_t x = 0; x < window.columns; ++x)
        sum = hn::MulAdd(hn::LoadU(d, input + x * window.input_step), hn::LoadU(d, weights + x * window.weights_step),
                         sum);
    }
    pixel.store(sum, 0, c);
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

/// Output columns that one call computes at most. 7 divides the widths of ImageNet's networks.
constexpr size_t columns_at_once = 7;

template <size_t kernel_width, size_t stride, size_t... index>
constexpr std::array<ColumnsFunction, sizeof...(index)> columns_functions(std::index_sequence<index...>) {
  return {&add_columns_of<index + 1, kernel_width, stride>...};
}

/// Null when there is none. `columns` is 1 to columns_at_once.
HWY_INLINE ColumnsFunction columns_function(int64_t columns, int64_t kernel_width, int64_t stride) {
  using Counts = std::make_index_sequence<columns_at_once>;
  static constexpr std::array<ColumnsFunction, columns_at_once> functions[3][2] = {
      {columns_functions<3, 1>(Counts()), columns_functions<3, 2>(Counts())},
      {columns_functions<5, 1>(Counts()), columns_functions<5, 2>(Counts())},
      {columns_functions<7, 1>(Counts()), columns_functions<7, 2>(Counts())}};
  if (kernel_width < 3 || kernel_width > 7 || kernel_width % 2 == 0 || stride < 1 || stride > 2) return nullptr;
  return functions[kernel_width / 2 - 1][stride - 1][static_cast<size_t>(columns - 1)];
}

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#endif  // CNN_DEPTHWISE_COLUMNS_INL_H_
