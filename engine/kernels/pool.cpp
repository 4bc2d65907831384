// SPDX-License-Identifier: MIT
#include "engine/kernels/pool.h"

#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/pool.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// The taps of one window that lie inside the input.
template <class T>
struct Taps {
  const T* first;  ///< channel 0 of the first tap
  int64_t count[3];
  int64_t step[3];  ///< elements between taps
  float scale;      ///< of the sum
};

template <bool kMax, class V>
HWY_INLINE V Combine(V a, V b) {
  if constexpr (kMax)
    return hn::Max(a, b);
  else
    return hn::Add(a, b);
}

/// Four vectors (or one) of channels from `c` on. Sums start anew in each row of the window.
template <bool kMax, int kVectors, class D, class T = hn::TFromD<D>>
HWY_INLINE void PoolVectors(D d, const Taps<T>& taps, int64_t c, T* out) {
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto initial = hn::Set(d, kMax ? std::numeric_limits<T>::lowest() : T{0});
  auto total0 = initial, total1 = initial, total2 = initial, total3 = initial;
  for (int64_t z = 0; z < taps.count[0]; ++z) {
    for (int64_t y = 0; y < taps.count[1]; ++y) {
      const T* p = taps.first + z * taps.step[0] + y * taps.step[1] + c;
      auto row0 = initial, row1 = initial, row2 = initial, row3 = initial;
      for (int64_t x = 0; x < taps.count[2]; ++x, p += taps.step[2]) {
        row0 = Combine<kMax>(row0, hn::LoadU(d, p));
        if constexpr (kVectors == 4) {
          row1 = Combine<kMax>(row1, hn::LoadU(d, p + lanes));
          row2 = Combine<kMax>(row2, hn::LoadU(d, p + 2 * lanes));
          row3 = Combine<kMax>(row3, hn::LoadU(d, p + 3 * lanes));
        }
      }
      total0 = Combine<kMax>(total0, row0);
      if constexpr (kVectors == 4) {
        total1 = Combine<kMax>(total1, row1);
        total2 = Combine<kMax>(total2, row2);
        total3 = Combine<kMax>(total3, row3);
      }
    }
  }
  const auto store = [&](auto total, int64_t i) HWY_ATTR {
    if constexpr (!kMax) total = hn::Mul(total, hn::Set(d, taps.scale));
    hn::StoreU(total, d, out + c + i * lanes);
  };
  store(total0, 0);
  if constexpr (kVectors == 4) {
    store(total1, 1);
    store(total2, 2);
    store(total3, 3);
  }
}

template <bool kMax, class T>
void PoolRows(const PoolGeometry& g, const T* x, T* y, int64_t row_begin, int64_t row_end, int64_t channel_begin,
              int64_t channel_end) {
  const hn::ScalableTag<T> d;
  const hn::CappedTag<T, 8> eight;
  const hn::CappedTag<T, 1> one;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t row = row_begin; row < row_end; ++row) {
    int64_t at[3] = {row / g.axes[1].out % g.axes[0].out, row % g.axes[1].out, 0};
    const int64_t n = row / g.axes[1].out / g.axes[0].out;
    T* out = y + n * g.out_strides[0] + at[0] * g.out_strides[2] + at[1] * g.out_strides[3];
    for (; at[2] < g.axes[2].out; ++at[2], out += g.out_strides[4]) {
      Taps<T> taps;
      taps.first = x + n * g.in_strides[0];
      bool empty = false;
      for (int i = 0; i < 3; ++i) {
        const int64_t first = g.axes[i].first_tap(at[i]);
        taps.count[i] = g.axes[i].last_tap(at[i]) - first;
        taps.step[i] = g.axes[i].dilation * g.in_strides[i + 2];
        taps.first += (g.axes[i].start(at[i]) + first * g.axes[i].dilation) * g.in_strides[i + 2];
        empty |= taps.count[i] <= 0;
      }
      // No address outside the input is formed further on.
      if (empty) taps.count[0] = 0;
      taps.scale = kMax ? 1.0f : 1.0f / static_cast<float>(g.divisor(at[0], at[1], at[2]));
      int64_t c = channel_begin;
      for (; c + 4 * lanes <= channel_end; c += 4 * lanes) PoolVectors<kMax, 4>(d, taps, c, out);
      for (; c + lanes <= channel_end; c += lanes) PoolVectors<kMax, 1>(d, taps, c, out);
      if (const auto few = static_cast<int64_t>(hn::Lanes(eight)); few < lanes)
        for (; c + few <= channel_end; c += few) PoolVectors<kMax, 1>(eight, taps, c, out);
      for (; c < channel_end; ++c) PoolVectors<kMax, 1>(one, taps, c, out);
    }
  }
}

void MaxRows(const PoolGeometry& g, const float* x, float* y, int64_t row_begin, int64_t row_end, int64_t channel_begin,
             int64_t channel_end) {
  PoolRows<true>(g, x, y, row_begin, row_end, channel_begin, channel_end);
}

void MaxRowsU8(const PoolGeometry& g, const uint8_t* x, uint8_t* y, int64_t row_begin, int64_t row_end,
               int64_t channel_begin, int64_t channel_end) {
  PoolRows<true>(g, x, y, row_begin, row_end, channel_begin, channel_end);
}

void MaxRowsI8(const PoolGeometry& g, const int8_t* x, int8_t* y, int64_t row_begin, int64_t row_end,
               int64_t channel_begin, int64_t channel_end) {
  PoolRows<true>(g, x, y, row_begin, row_end, channel_begin, channel_end);
}

void AverageRows(const PoolGeometry& g, const float* x, float* y, int64_t row_begin, int64_t row_end,
                 int64_t channel_begin, int64_t channel_end) {
  PoolRows<false>(g, x, y, row_begin, row_end, channel_begin, channel_end);
}

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cnn {

HWY_EXPORT(MaxRows);
HWY_EXPORT(MaxRowsU8);
HWY_EXPORT(MaxRowsI8);
HWY_EXPORT(AverageRows);

void max_pool(const PoolGeometry& geometry, const float* x, float* y, int64_t row_begin, int64_t row_end,
              int64_t channel_begin, int64_t channel_end) {
  HWY_DYNAMIC_DISPATCH(MaxRows)(geometry, x, y, row_begin, row_end, channel_begin, channel_end);
}

void max_pool(const PoolGeometry& geometry, const uint8_t* x, uint8_t* y, int64_t row_begin, int64_t row_end,
              int64_t channel_begin, int64_t channel_end) {
  HWY_DYNAMIC_DISPATCH(MaxRowsU8)(geometry, x, y, row_begin, row_end, channel_begin, channel_end);
}

void max_pool(const PoolGeometry& geometry, const int8_t* x, int8_t* y, int64_t row_begin, int64_t row_end,
              int64_t channel_begin, int64_t channel_end) {
  HWY_DYNAMIC_DISPATCH(MaxRowsI8)(geometry, x, y, row_begin, row_end, channel_begin, channel_end);
}

void average_pool(const PoolGeometry& geometry, const float* x, float* y, int64_t row_begin, int64_t row_end,
                  int64_t channel_begin, int64_t channel_end) {
  HWY_DYNAMIC_DISPATCH(AverageRows)(geometry, x, y, row_begin, row_end, channel_begin, channel_end);
}

}  // namespace cnn
#endif
