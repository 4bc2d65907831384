// SPDX-License-Identifier: MIT
#include "engine/kernels/qwinograd_transform.h"

#include <array>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/qwinograd_transform.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/qgemm_output-inl.h"
#include "engine/kernels/unrolled-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// out = B^T in along one axis of a window.
template <size_t unit, class V>
HWY_INLINE void forward(const V (&in)[unit + 2], V (&out)[unit + 2]) {
  if constexpr (unit == 2) {
    out[0] = hn::Sub(in[0], in[2]);
    out[1] = hn::Add(in[1], in[2]);
    out[2] = hn::Sub(in[2], in[1]);
    out[3] = hn::Sub(in[1], in[3]);
  } else {
    const V even = hn::Sub(in[4], in[2]), odd = hn::ShiftLeft<1>(hn::Sub(in[3], in[1]));
    const V near_even = hn::Sub(in[4], hn::ShiftLeft<2>(in[2])), near_odd = hn::Sub(in[3], hn::ShiftLeft<2>(in[1]));
    out[0] = hn::Add(hn::ShiftLeft<2>(hn::Sub(in[0], in[2])), even);
    out[1] = hn::Add(near_even, near_odd);
    out[2] = hn::Sub(near_even, near_odd);
    out[3] = hn::Add(even, odd);
    out[4] = hn::Sub(even, odd);
    out[5] = hn::Sub(hn::Sub(in[5], in[3]), hn::ShiftLeft<1>(odd));
  }
}

/// out = A^T in along one axis, row i times odd_factor 2^shifts[i]: see qwinograd.h.
template <size_t unit, class V>
HWY_INLINE void backward(const V (&in)[unit + 2], V (&out)[unit]) {
  const V sum = hn::Add(in[1], in[2]), difference = hn::Sub(in[1], in[2]);
  if constexpr (unit == 2) {
    out[0] = hn::Add(in[0], sum);
    out[1] = hn::Sub(difference, in[3]);
  } else {
    const V far_sum = hn::Add(in[3], in[4]), far_difference = hn::Sub(in[3], in[4]);
    out[0] = hn::Add(in[0], hn::Sub(far_sum, hn::ShiftLeft<2>(sum)));
    out[1] = hn::Sub(far_difference, hn::ShiftLeft<1>(difference));
    out[2] = hn::Sub(far_sum, sum);
    out[3] = hn::Add(in[5], hn::Sub(hn::ShiftLeft<1>(far_difference), difference));
  }
}
template <size_t unit>
constexpr std::array<int, 4> shifts = unit == 2 ? std::array{1, 1, 0, 0} : std::array{3, 2, 1, 1};

/// A result from what both axes have made of it. Multiplied by 9's inverse modulo 2^32, a multiple of 9 that has
/// wrapped around becomes its ninth, wrapped around.
template <size_t unit, size_t y, size_t x, class D, class V = hn::Vec<D>>
HWY_INLINE V unscaled(D d, V value) {
  constexpr int32_t ninth = 0x38E38E39;
  if constexpr (unit == 4) value = hn::Mul(value, hn::Set(d, ninth));
  return hn::ShiftRight<shifts<unit>[y] + shifts<unit>[x]>(value);
}

template <size_t unit, class T, class D>
HWY_INLINE void input_channels(D d, const QwinogradInput& tile, int64_t c) {
  constexpr size_t window = unit + 2;
  using V = hn::Vec<D>;
  const hn::Rebind<T, D> bytes;
  const V zero = hn::Set(d, static_cast<int16_t>(tile.zero));
  V half[window][window];
  unrolled<window>([&](auto x) HWY_ATTR {
    V in[window], out[window];
    unrolled<window>([&](auto y) HWY_ATTR {
      const T* from = reinterpret_cast<const T*>(tile.pixels[y * window + x]) + c;
      in[y] = hn::Sub(hn::PromoteTo(d, hn::LoadU(bytes, from)), zero);
    });
    forward<unit>(in, out);
    unrolled<window>([&](auto y) HWY_ATTR { half[y][x] = out[y]; });
  });
  int16_t* output = tile.output + c;
  unrolled<window>([&](auto y) HWY_ATTR {
    V out[window];
    forward<unit>(half[y], out);
    unrolled<window>([&](auto x) HWY_ATTR {
      hn::StoreU(out[x], d, output + static_cast<int64_t>(y * window + x) * tile.output_step);
    });
  });
}

// Flattened: what is left to a call loses its vectors to the stack.
template <size_t unit, class T>
HWY_NOINLINE HWY_FLATTEN void input_tile(const QwinogradInput& tile) {
  constexpr size_t positions = (unit + 2) * (unit + 2);
  const hn::ScalableTag<int16_t> d;
  const hn::CappedTag<int16_t, 8> d8;
  const hn::CappedTag<int16_t, 1> d1;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d)), few = static_cast<int64_t>(hn::Lanes(d8));
  int64_t c = 0;
  for (; c + lanes <= tile.channels; c += lanes) input_channels<unit, T>(d, tile, c);
  for (; c + few <= tile.channels; c += few) input_channels<unit, T>(d8, tile, c);
  for (; c < tile.channels; ++c) input_channels<unit, T>(d1, tile, c);
  if (c % 2)
    for (size_t p = 0; p < positions; ++p) tile.output[static_cast<int64_t>(p) * tile.output_step + c] = 0;
}

template <size_t unit, class D>
HWY_INLINE void output_columns(D d, const QwinogradOutput& tile, int64_t c, int32_t* results) {
  constexpr size_t window = unit + 2;
  using V = hn::Vec<D>;
  V half[unit][window];
  unrolled<window>([&](auto x) HWY_ATTR {
    V in[window], out[unit];
    unrolled<window>([&](auto y) HWY_ATTR {
      in[y] = hn::LoadU(d, tile.products + static_cast<int64_t>(y * window + x) * tile.product_step + c);
    });
    backward<unit>(in, out);
    unrolled<unit>([&](auto y) HWY_ATTR { half[y][x] = out[y]; });
  });
  const V bias = hn::LoadU(d, tile.bias + c);
  unrolled<unit>([&](auto y) HWY_ATTR {
    V out[unit];
    backward<unit>(half[y], out);
    unrolled<unit>([&](auto x) HWY_ATTR {
      constexpr size_t row = decltype(y)::value, pixel = decltype(x)::value;
      const V result = hn::Add(unscaled<unit, row, pixel>(d, out[x]), bias);
      hn::StoreU(result, d, results + static_cast<int64_t>(row * unit + pixel) * tile.width + c);
    });
  });
}

template <size_t unit>
HWY_NOINLINE HWY_FLATTEN void output_tile(const QwinogradOutput& tile) {
  constexpr int64_t most_columns = 4 * HWY_MAX_BYTES / sizeof(int32_t);
  const hn::ScalableTag<int32_t> d;
  HWY_ALIGN int32_t results[unit * unit * most_columns];
  for (int64_t c = 0; c < tile.width; c += static_cast<int64_t>(hn::Lanes(d)))
    output_columns<unit>(d, tile, c, results);
  for (int64_t row = 0; row < tile.rows; ++row)
    store_rows(results + row * static_cast<int64_t>(unit) * tile.width, tile.width, tile.pixels, tile.columns, tile.to,
               tile.output + row * tile.output_row * size_of(tile.to.result), tile.output_pixel);
}

void input(int unit, const QwinogradInput& tile) {
  if (tile.is_signed)
    unit == 2 ? input_tile<2, int8_t>(tile) : input_tile<4, int8_t>(tile);
  else
    unit == 2 ? input_tile<2, uint8_t>(tile) : input_tile<4, uint8_t>(tile);
}

void output(int unit, const QwinogradOutput& tile) { unit == 2 ? output_tile<2>(tile) : output_tile<4>(tile); }

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cnn {

HWY_EXPORT(input);
HWY_EXPORT(output);

void qwinograd_input(int unit, const QwinogradInput& tile) { HWY_DYNAMIC_DISPATCH(input)(unit, tile); }
void qwinograd_output(int unit, const QwinogradOutput& tile) { HWY_DYNAMIC_DISPATCH(output)(unit, tile); }

}  // namespace cnn
#endif
