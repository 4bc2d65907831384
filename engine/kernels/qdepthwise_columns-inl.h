// SPDX-License-Identifier: MIT
// Inner loops of the integer depthwise convolution; include after hwy/highway.h in a file that uses
// hwy/foreach_target.h.
#if defined(CNN_QDEPTHWISE_COLUMNS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CNN_QDEPTHWISE_COLUMNS_INL_H_
#undef CNN_QDEPTHWISE_COLUMNS_INL_H_
#else
#define CNN_QDEPTHWISE_COLUMNS_INL_H_
#endif

#include <cstdint>

#include "engine/kernels/gemm_tile-inl.h"
#include "engine/kernels/qgemm_pairs-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {

/// Channels that go through the kernels at once, so that their sums stay in the first-level cache.
constexpr int64_t channels_at_once = 128;
/// Output columns that sum_columns() computes.
constexpr size_t qdepthwise_columns = 4;

/// Neighbouring output pixels of one row. `pixels` lists addresses of input pixels, [kernel rows, input columns]:
/// output column t and tap x read input column t * stride + x.
struct QColumns {
  const void* const* pixels;
  int64_t rows;            ///< of the kernel
  const int16_t* weights;  ///< [pairs of kernel rows, kernel width, channels, 2]
  int64_t channels;
  const int32_t* start;  ///< [channels], what sums begin with
  int32_t* sums;         ///< [columns, channels_at_once]
};

/// Adds two kernel rows, or the lone last one of an odd number, to `vectors` vectors of channels from `c` on.
template <class T, size_t kernel_width, size_t stride, bool lone, size_t vectors, class D>
HWY_INLINE void add_rows(D d, const void* const* pixels, const int16_t* weights, int64_t tap_step, int64_t c,
                         PairSums<D> (&sum)[qdepthwise_columns][vectors]) {
  constexpr size_t columns = qdepthwise_columns, inputs = (columns - 1) * stride + kernel_width;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  Pairs<D> tap[kernel_width][vectors];
  unrolled<kernel_width>([&](auto x) HWY_ATTR {
    unrolled<vectors>([&](auto v) HWY_ATTR {
      tap[x][v] = load_pairs(d, weights + static_cast<int64_t>(x) * tap_step + static_cast<int64_t>(v) * lanes * 2);
    });
  });
  unrolled<inputs>([&](auto i) HWY_ATTR {
    Pairs<D> value[vectors];
    const T* upper = static_cast<const T*>(pixels[i]) + c;
    if constexpr (lone) {
      unrolled<vectors>([&](auto v) HWY_ATTR { value[v] = widen_lone(d, upper + static_cast<int64_t>(v) * lanes); });
    } else {
      const T* lower = static_cast<const T*>(pixels[i + inputs]) + c;
      if constexpr (vectors == 2)
        widen_two_vectors(d, upper, lower, value);
      else
        value[0] = widen_pairs_of(d, upper, lower);
    }
    unrolled<columns>([&](auto t) HWY_ATTR {
      constexpr size_t input = decltype(i)::value, left = decltype(t)::value * stride;
      if constexpr (input >= left && input < left + kernel_width)
        unrolled<vectors>([&](auto v) HWY_ATTR { sum[t][v].add_products(d, value[v], tap[input - left][v]); });
    });
  });
}

/// Channels [begin, end) as far as `vectors` vectors of `d` at a time go; returns where they end.
/// end <= first + channels_at_once.
template <class T, size_t kernel_width, size_t stride, size_t vectors, class D>
HWY_INLINE int64_t sum_columns(D d, const QColumns& work, int64_t first, int64_t begin, int64_t end) {
  constexpr size_t columns = qdepthwise_columns, inputs = (columns - 1) * stride + kernel_width;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d)), at_once = lanes * static_cast<int64_t>(vectors);
  const int64_t tap_step = work.channels * 2, row_step = static_cast<int64_t>(kernel_width) * tap_step;
  int64_t c = begin;
  for (; c + at_once <= end; c += at_once) {
    PairSums<D> sum[columns][vectors];
    unrolled<vectors>([&](auto v) HWY_ATTR {
      const hn::Vec<D> start = hn::LoadU(d, work.start + c + static_cast<int64_t>(v) * lanes);
      unrolled<columns>([&](auto t) HWY_ATTR { sum[t][v] = PairSums<D>(start); });
    });
    const void* const* pixels = work.pixels;
    const int16_t* weights = work.weights + c * 2;
    for (int64_t y = 0; y + 2 <= work.rows; y += 2, pixels += 2 * inputs, weights += row_step)
      add_rows<T, kernel_width, stride, false>(d, pixels, weights, tap_step, c, sum);
    if (work.rows % 2) add_rows<T, kernel_width, stride, true>(d, pixels, weights, tap_step, c, sum);
    unrolled<columns>([&](auto t) HWY_ATTR {
      unrolled<vectors>([&](auto v) HWY_ATTR {
        hn::StoreU(
            sum[t][v].total(), d,
            work.sums + static_cast<int64_t>(t) * channels_at_once + c - first + static_cast<int64_t>(v) * lanes);
      });
    });
  }
  return c;
}

template <class T, size_t kernel_width, size_t stride>
HWY_NOINLINE int64_t sum_columns_of(const QColumns& work, int64_t begin, int64_t end) {
  const hn::ScalableTag<int32_t> d;
  int64_t done = sum_columns<T, kernel_width, stride, 2>(d, work, begin, begin, end);
  done = sum_columns<T, kernel_width, stride, 1>(d, work, begin, done, end);
  if constexpr (hn::MaxLanes(hn::ScalableTag<int32_t>()) > 8)
    done = sum_columns<T, kernel_width, stride, 1>(hn::CappedTag<int32_t, 8>(), work, begin, done, end);
  return done;
}

/// sums[c] += a[c] w[c][0] + b[c] w[c][1] for channels [begin, count) as far as whole vectors go; returns where they
/// end.
template <class T, class D>
HWY_INLINE int64_t add_tap_pair(D d, const T* a, const T* b, const int16_t* weights, int64_t begin, int64_t count,
                                int32_t* sums) {
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t c = begin;
  for (; c + lanes <= count; c += lanes) {
    PairSums<D> sum(hn::LoadU(d, sums + c));
    sum.add_products(d, widen_pairs_of(d, a + c, b + c), load_pairs(d, weights + c * 2));
    hn::StoreU(sum.total(), d, sums + c);
  }
  return c;
}

template <class T>
HWY_NOINLINE void add_tap_pairs(const T* a, const T* b, const int16_t* weights, int64_t count, int32_t* sums) {
  int64_t c = add_tap_pair(hn::ScalableTag<int32_t>(), a, b, weights, 0, count, sums);
  c = add_tap_pair(hn::CappedTag<int32_t, 4>(), a, b, weights, c, count, sums);
  add_tap_pair(hn::CappedTag<int32_t, 1>(), a, b, weights, c, count, sums);
}

using QColumnsFunction = int64_t (*)(const QColumns&, int64_t, int64_t);

/// Null when there is none.
template <class T>
HWY_INLINE QColumnsFunction qcolumns_function(int64_t kernel_width, int64_t stride) {
  static constexpr QColumnsFunction functions[2][2] = {{&sum_columns_of<T, 3, 1>, &sum_columns_of<T, 3, 2>},
                                                       {&sum_columns_of<T, 5, 1>, &sum_columns_of<T, 5, 2>}};
  if ((kernel_width != 3 && kernel_width != 5) || stride < 1 || stride > 2) return nullptr;
  return functions[kernel_width == 5][stride - 1];
}

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#endif  // CNN_QDEPTHWISE_COLUMNS_INL_H_
